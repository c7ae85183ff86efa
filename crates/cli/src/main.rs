//! `cellward`: guards, simulates and reads battery packs.

mod cmd;
mod demo;
mod file;
mod span;

use std::process::ExitCode;

use clap::Parser;

/// Guards, simulates and reads battery packs
#[derive(Debug, Parser)]
#[command(name = "cellward", version, about)]
struct Cli {
    /// Say nothing on standard error; the exit code tells
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say how it went, too
    #[arg(long, short, global = true)]
    verbose: bool,
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
    /// Read settings by their keys
    Get(cmd::settings::GetArgs),
    /// Write settings and read them back
    Set(cmd::settings::SetArgs),
    /// Save every setting of a board to a file
    Save(cmd::settings::SaveArgs),
    /// Write the settings of a file to a board
    Load(cmd::settings::LoadArgs),
    /// Take every setting back to its default
    FactoryReset(cmd::settings::ResetArgs),
    /// Let a switch close, or open it, and look that it does
    Switch(cmd::orders::SwitchArgs),
    /// Say what the state of charge is
    SetSoc(cmd::orders::SocArgs),
    /// Say what time it is
    SetClock(cmd::orders::ClockArgs),
    /// Confirm what the pack is made of, so that the switches may close
    Commission(cmd::orders::CommissionArgs),
    /// Start the board anew, as after a loss of power
    Restart(cmd::orders::PlainArgs),
    /// Blink the lights of the board, to find it among others
    Identify(cmd::orders::PlainArgs),
    /// Put the board to sleep
    Sleep(cmd::orders::PlainArgs),
    /// Set the owner's password, without which a board then refuses to be changed
    SetPassword(cmd::password::PasswordArgs),
    /// Print what the board has recorded
    History(cmd::history::HistoryArgs),
    /// Read a board and keep every byte that went to and fro, for a bug report
    Capture(cmd::capture::CaptureArgs),
    /// Say what a capture means
    Replay(cmd::capture::ReplayArgs),
    /// Listen to a wire without ever sending
    Sniff(cmd::capture::SniffArgs),
    /// Say what recorded bytes mean
    Decode(cmd::decode::DecodeArgs),
    /// Run scenarios in virtual time and say whether everything came as expected
    Sim(cmd::sim::SimArgs),
    /// Fit the profile of a cell to what was measured on it
    Fit(cmd::fit::FitArgs),
    /// Run the firmware's estimator over a recorded log
    Estimate(cmd::estimate::EstimateArgs),
    /// Print the completion script of a shell
    Completions(cmd::shell::CompletionsArgs),
    /// Write the manual pages
    Man(cmd::shell::ManArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    cmd::set_talk(cli.quiet, cli.verbose);
    let result = match &cli.command {
        Command::Demo(args) => demo::run(args),
        Command::Read(args) => return cmd::read::run(args).into(),
        Command::Watch(args) => return cmd::watch::run(args).into(),
        Command::Get(args) => return cmd::settings::get(args).into(),
        Command::Set(args) => return cmd::settings::set(args).into(),
        Command::Save(args) => return cmd::settings::save(args).into(),
        Command::Load(args) => return cmd::settings::load(args).into(),
        Command::FactoryReset(args) => return cmd::settings::factory_reset(args).into(),
        Command::Switch(args) => return cmd::orders::switch(args).into(),
        Command::SetSoc(args) => return cmd::orders::set_soc(args).into(),
        Command::SetClock(args) => return cmd::orders::set_clock(args).into(),
        Command::Commission(args) => return cmd::orders::commission(args).into(),
        Command::Restart(args) => return cmd::orders::restart(args).into(),
        Command::Identify(args) => return cmd::orders::identify(args).into(),
        Command::Sleep(args) => return cmd::orders::sleep(args).into(),
        Command::SetPassword(args) => return cmd::password::set_password(args).into(),
        Command::Completions(args) => {
            return cmd::shell::completions(args, <Cli as clap::CommandFactory>::command()).into();
        }
        Command::Man(args) => {
            return cmd::shell::man(args, <Cli as clap::CommandFactory>::command()).into();
        }
        Command::History(args) => return cmd::history::run(args).into(),
        Command::Capture(args) => return cmd::capture::capture(args).into(),
        Command::Replay(args) => return cmd::capture::replay(args).into(),
        Command::Sniff(args) => return cmd::capture::sniff(args).into(),
        Command::Decode(args) => return cmd::decode::run(args).into(),
        Command::Fit(args) => return cmd::fit::run(args).into(),
        Command::Estimate(args) => return cmd::estimate::run(args).into(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }
}
