//! `cellward`: guards, simulates and reads battery packs.

mod demo;

use std::process::ExitCode;

use clap::Parser;

/// Guards, simulates and reads battery packs
#[derive(Debug, Parser)]
#[command(name = "cellward", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Watch a simulated pack being guarded, in the browser and over its wires
    Demo(Box<demo::DemoArgs>),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match &cli.command {
        Command::Demo(args) => demo::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cellward: {error:#}");
            ExitCode::from(1)
        }
    }
}
