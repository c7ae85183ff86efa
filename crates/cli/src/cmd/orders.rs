//! `cellward switch`, `set-soc`, `set-clock`, `commission`, `restart`, `identify` and `sleep`: one
//! word to a board.

use std::time::Duration;

use cellward_host::{Board, clock};
use cellward_params::{Chemistry, Command, DateTime, Role, Switch};
use cellward_units::Ratio;

use super::device::DeviceArgs;
use super::{Exit, complain, print};

/// Where the board is, and how sure the way to tell it must be.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct OrderArgs {
    #[command(flatten)]
    device: DeviceArgs,
    /// Tell it even in a way that nobody has proven
    #[arg(long)]
    unproven: bool,
}

/// Options of a command without arguments.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PlainArgs {
    #[command(flatten)]
    device: OrderArgs,
}

/// Options of `cellward switch`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SwitchArgs {
    #[command(flatten)]
    device: OrderArgs,
    /// Which switch
    #[arg(value_name = "charge|discharge", value_parser = switch_name)]
    switch: Switch,
    /// Whether it may close; the protection still decides
    #[arg(value_name = "on|off", value_parser = on_off, action = clap::ArgAction::Set)]
    state: bool,
}

/// Options of `cellward set-soc`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SocArgs {
    #[command(flatten)]
    device: OrderArgs,
    /// The state of charge in percent, 0 to 100
    #[arg(value_name = "PERCENT", value_parser = share)]
    soc: Ratio,
}

/// Options of `cellward set-clock`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ClockArgs {
    #[command(flatten)]
    device: OrderArgs,
    /// Date and time, such as "2026-11-22 15:04:05"; the local time of this machine without it
    #[arg(value_name = "TIME", value_parser = date_time)]
    time: Option<DateTime>,
}

/// Options of `cellward commission`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CommissionArgs {
    #[command(flatten)]
    device: OrderArgs,
    /// What the cells are
    #[arg(long, value_name = "lfp|nmc|lto", value_parser = chemistry)]
    chemistry: Chemistry,
    /// How many cells in series there are
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(3..=24))]
    cells: u8,
    /// Accept cells outside of the window for new cells
    #[arg(long)]
    outside_window: bool,
}

/// Confirms what the pack is made of.
pub(crate) fn commission(args: &CommissionArgs) -> Exit {
    let command = Command::Commission {
        chemistry: args.chemistry,
        cells: args.cells,
        outside_window: args.outside_window,
    };
    order(&args.device.device, args.device.unproven, command)
}

/// Lets a switch close or not, and looks that it does.
pub(crate) fn switch(args: &SwitchArgs) -> Exit {
    let command = Command::AllowSwitch { switch: args.switch, allowed: args.state };
    order(&args.device.device, args.device.unproven, command)
}

/// Says what the state of charge is.
pub(crate) fn set_soc(args: &SocArgs) -> Exit {
    order(&args.device.device, args.device.unproven, Command::SetSoc(args.soc))
}

/// Says what time it is.
pub(crate) fn set_clock(args: &ClockArgs) -> Exit {
    let Some(time) = args.time.or_else(clock::now) else {
        complain("the clock of this machine is wrong; give the time");
        return Exit::Usage;
    };
    let exit = order(&args.device.device, args.device.unproven, Command::SetClock(time));
    if exit == Exit::Done {
        print(&format!("{time}\n"));
    }
    exit
}

/// Starts the board anew.
pub(crate) fn restart(args: &PlainArgs) -> Exit {
    order(&args.device.device, args.device.unproven, Command::Restart)
}

/// Blinks the board's lights.
pub(crate) fn identify(args: &PlainArgs) -> Exit {
    order(&args.device.device, args.device.unproven, Command::Identify)
}

/// Puts the board to sleep.
pub(crate) fn sleep(args: &PlainArgs) -> Exit {
    order(&args.device.device, args.device.unproven, Command::Sleep)
}

/// Tells a board one thing; as its owner where a user may not.
pub(super) fn order(device: &DeviceArgs, unproven: bool, command: Command) -> Exit {
    let work = |board: &mut dyn Board, timeout: Duration| {
        board.command(&command, unproven, timeout)?;
        Ok(Exit::Done)
    };
    if command.role() > Role::User { device.run_as_owner(work) } else { device.run(work) }
}

fn switch_name(text: &str) -> Result<Switch, String> {
    Switch::ALL
        .iter()
        .copied()
        .find(|switch| switch.key() == text)
        .ok_or_else(|| "it must be charge or discharge".to_owned())
}

fn chemistry(text: &str) -> Result<Chemistry, String> {
    let found = Chemistry::ALL.iter().copied().find(|chemistry| chemistry.key() == text);
    found.ok_or_else(|| "it must be lfp, nmc or lto".to_owned())
}

fn on_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("it must be on or off".to_owned()),
    }
}

fn share(text: &str) -> Result<Ratio, String> {
    let wrong = || "it must be a number from 0 to 100".to_owned();
    let number: f64 = text.trim_end_matches('%').trim().parse().map_err(|_| wrong())?;
    if !(0.0..=100.0).contains(&number) {
        return Err(wrong());
    }
    #[expect(clippy::cast_possible_truncation, reason = "it lies between 0 and 1000")]
    let permille = (number * 10.0).round() as i32;
    Ok(Ratio::from_permille(permille))
}

fn date_time(text: &str) -> Result<DateTime, String> {
    DateTime::parse(text)
        .ok_or_else(|| "it must be a date and a time such as \"2026-11-22 15:04:05\"".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_a_number_from_0_to_100() {
        assert_eq!(share("0"), Ok(Ratio::ZERO));
        assert_eq!(share("100 %"), Ok(Ratio::ONE));
        assert_eq!(share("57.3"), Ok(Ratio::from_permille(573)));
        for bad in ["-0.1", "100.1", "NaN", "", "half"] {
            assert!(share(bad).is_err(), "{bad}");
        }
    }
}
