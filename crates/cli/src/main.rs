//! `cellward`: guards, simulates and reads battery packs.

mod cmd;
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
    /// Read a board once and print everything it says
    Read(cmd::read::ReadArgs),
    /// Read a board again and again, shown in place
    Watch(cmd::watch::WatchArgs),
    /// Say what recorded bytes mean
    Decode(cmd::decode::DecodeArgs),
    /// Run scenarios in virtual time and say whether everything came as expected
    Sim(cmd::sim::SimArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match &cli.command {
        Command::Demo(args) => demo::run(args),
        Command::Read(args) => return cmd::read::run(args).into(),
        Command::Watch(args) => return cmd::watch::run(args).into(),
        Command::Decode(args) => return cmd::decode::run(args).into(),
        Command::Sim(args) => return cmd::sim::run(args).into(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cellward: {error:#}");
            ExitCode::from(1)
        }
    }
}
