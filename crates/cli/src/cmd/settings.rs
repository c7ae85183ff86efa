//! `cellward get`, `set`, `save`, `load` and `factory-reset`: the settings of a board.

use std::collections::BTreeMap;
use std::io::{BufRead as _, IsTerminal as _, stderr, stdin};
use std::path::{Path, PathBuf};
use std::time::Duration;

use cellward_host::{Board, Certainty, DoError, Setting, is_proven, settings};
use cellward_params::{Command, Config, ParamId};
use serde_json::{Map, Value as Json};

use super::device::DeviceArgs;
use super::orders::order;
use super::{Exit, complain, print};
use crate::file::write_whole;

/// Options of `cellward get`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct GetArgs {
    #[command(flatten)]
    device: DeviceArgs,
    /// Which settings, by their keys
    #[arg(value_name = "KEY", required_unless_present_any = ["group", "all"])]
    keys: Vec<String>,
    /// All settings of a fault, such as cell_over_voltage, or `system`
    #[arg(long, value_name = "GROUP", conflicts_with = "keys")]
    group: Option<String>,
    /// All settings that the board carries
    #[arg(long, conflicts_with_all = ["keys", "group"])]
    all: bool,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// Options of `cellward set`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SetArgs {
    #[command(flatten)]
    device: DeviceArgs,
    /// What to set, in the unit of the key
    #[arg(value_name = "KEY=VALUE", required = true)]
    pairs: Vec<String>,
    #[command(flatten)]
    write: WriteArgs,
}

/// How a write is done.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct WriteArgs {
    /// Write without asking
    #[arg(long)]
    yes: bool,
    /// Write even what nobody has proven to be written so
    #[arg(long)]
    unproven: bool,
}

/// Options of `cellward save`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SaveArgs {
    #[command(flatten)]
    device: DeviceArgs,
    /// Where the settings are written to
    #[arg(value_name = "FILE.toml")]
    file: PathBuf,
}

/// Options of `cellward load`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct LoadArgs {
    #[command(flatten)]
    device: DeviceArgs,
    /// Where the settings are
    #[arg(value_name = "FILE.toml")]
    file: PathBuf,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    write: WriteArgs,
}

/// Options of `cellward factory-reset`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ResetArgs {
    #[command(flatten)]
    device: DeviceArgs,
    #[command(flatten)]
    write: WriteArgs,
}

/// Reads settings.
pub(crate) fn get(args: &GetArgs) -> Exit {
    let named: Result<Vec<ParamId>, _> = args.keys.iter().map(|key| settings::find(key)).collect();
    let named = match named {
        Ok(named) => named,
        Err(error) => return usage(&error.to_string()),
    };
    args.device.run(|board, timeout| {
        let carried: Vec<ParamId> =
            board.carried(timeout)?.iter().map(|carried| carried.id).collect();
        let wanted: Vec<ParamId> = match &args.group {
            _ if !named.is_empty() => named.clone(),
            None => carried.clone(),
            Some(group) => {
                carried.iter().copied().filter(|&id| settings::group(id) == group).collect()
            }
        };
        if wanted.is_empty() {
            let mut groups: Vec<&str> = Vec::new();
            for group in carried.iter().map(|&id| settings::group(id)) {
                if !groups.contains(&group) {
                    groups.push(group);
                }
            }
            let group = args.group.as_deref().unwrap_or_default();
            return Ok(usage(&format!(
                "this board carries no group {group:?}; it has {}",
                groups.join(", ")
            )));
        }
        let lacking: Vec<ParamId> =
            wanted.iter().copied().filter(|id| !carried.contains(id)).collect();
        let lacking = board
            .dialect()
            .filter(|_| !lacking.is_empty())
            .map(|dialect| DoError::NotCarried { dialect, what: named_keys(&lacking) });
        if let Some(error) =
            lacking.clone().filter(|_| !wanted.iter().any(|id| carried.contains(id)))
        {
            return Err(error);
        }
        let found = board.get(&wanted, timeout)?;
        print(&if args.json { as_json(&found) } else { as_table(&found) });
        let missing: Vec<String> = wanted
            .iter()
            .filter(|id| carried.contains(id) && !found.iter().any(|(known, _)| known == *id))
            .map(|&id| settings::key(id))
            .collect();
        let mut why: Vec<String> = lacking.iter().map(ToString::to_string).collect();
        match missing.len() {
            0 => {}
            1..=8 => why.push(format!("not answered: {}", missing.join(", "))),
            count => why.push(format!("{count} settings are not answered")),
        }
        if why.is_empty() {
            return Ok(Exit::Done);
        }
        complain(&format!("{}: {}", args.device.device, why.join("; ")));
        Ok(if found.is_empty() { Exit::Nothing } else { Exit::Partial })
    })
}

/// Writes settings.
pub(crate) fn set(args: &SetArgs) -> Exit {
    let group: Result<Vec<(ParamId, i32)>, _> =
        args.pairs.iter().map(|pair| settings::pair(pair)).collect();
    match group {
        Ok(group) => {
            if let Some((id, first, second)) = contradiction(&group) {
                let (first, second) = (settings::show(id, first), settings::show(id, second));
                let key = settings::key(id);
                return usage(&format!("{key} is given twice, as {first} and as {second}"));
            }
            args.device
                .run_as_owner(|board, timeout| change(board, &group, args.write, false, timeout))
        }
        Err(error) => usage(&error.to_string()),
    }
}

/// A setting that is to get two values at once, with the first two of them.
fn contradiction(group: &[(ParamId, i32)]) -> Option<(ParamId, i32, i32)> {
    group.iter().enumerate().find_map(|(place, &(id, second))| {
        let before = group.iter().take(place);
        let first = before.clone().find(|&&(known, raw)| known == id && raw != second)?;
        Some((id, first.1, second))
    })
}

/// Reads every setting that somebody may set into a file.
pub(crate) fn save(args: &SaveArgs) -> Exit {
    args.device.run(|board, timeout| {
        // What nobody may set could not be loaded again.
        let wanted: Vec<ParamId> = board
            .carried(timeout)?
            .iter()
            .filter(|carried| carried.write.is_some() && Config::is_settable(carried.id))
            .map(|carried| carried.id)
            .collect();
        let found = board.get(&wanted, timeout)?;
        // What the board says that it does not have is nothing to keep.
        let values: Vec<(ParamId, i32)> =
            found.iter().filter_map(|&(id, raw)| Some((id, raw?))).collect();
        if let Err(error) = write_whole(&args.file, &as_toml(&values)) {
            return Ok(usage(&format!("cannot write {}: {error}", args.file.display())));
        }
        if found.len() < wanted.len() {
            complain(&format!(
                "{} of {} settings are not answered and not in the file",
                wanted.len() - found.len(),
                wanted.len()
            ));
            return Ok(if found.is_empty() { Exit::Nothing } else { Exit::Partial });
        }
        Ok(Exit::Done)
    })
}

/// Writes the settings of a file.
pub(crate) fn load(args: &LoadArgs) -> Exit {
    let group = match read_file(&args.file) {
        Ok(group) => group,
        Err(error) => return usage(&format!("{}: {error}", args.file.display())),
    };
    let work = |board: &mut dyn Board, timeout: Duration| {
        let end = board.now() + timeout;
        let fixed: Vec<ParamId> =
            group.iter().map(|(id, _)| *id).filter(|&id| !Config::is_settable(id)).collect();
        if !fixed.is_empty() {
            // Where the board has the same value already, there is nothing to write.
            let before = board.get(&fixed, timeout)?;
            let other: Vec<ParamId> =
                difference(&before, &group).1.iter().map(|(id, _)| *id).collect();
            let other: Vec<ParamId> = fixed.into_iter().filter(|id| other.contains(id)).collect();
            if !other.is_empty() {
                let keys = named_keys(&other);
                return Ok(usage(&format!("{}: nobody can set {keys}", args.file.display())));
            }
        }
        let group: Vec<(ParamId, i32)> =
            group.iter().copied().filter(|&(id, _)| Config::is_settable(id)).collect();
        let left = end.saturating_sub(board.now());
        change(board, &group, args.write, args.dry_run, left)
    };
    if args.dry_run { args.device.run(work) } else { args.device.run_as_owner(work) }
}

/// Takes every setting back to its default.
pub(crate) fn factory_reset(args: &ResetArgs) -> Exit {
    let question = "Every setting goes back to its default, and both switches open until the pack \
                    is commissioned again.";
    if !args.write.yes && !agreed(question) {
        return Exit::Usage;
    }
    order(&args.device, args.write.unproven, Command::FactoryReset)
}

/// Shows what would change, asks, writes; a dry run ends where it would write, and as that would
/// as far as the dialect tells.
fn change(
    board: &mut dyn Board,
    group: &[(ParamId, i32)],
    write: WriteArgs,
    dry_run: bool,
    timeout: Duration,
) -> Result<Exit, DoError> {
    let carried = board.carried(timeout)?;
    let of = |id: ParamId| carried.iter().find(|carried| carried.id == id);
    let (known, lacking): (Vec<_>, Vec<_>) =
        group.iter().copied().partition(|&(id, _)| of(id).is_some());
    let ids: Vec<ParamId> = known.iter().map(|(id, _)| *id).collect();
    let before = board.get(&ids, timeout)?;
    let (text, changed) = difference(&before, &known);
    let lacking = lacking.iter().map(|(id, _)| *id);
    let fixed = changed.iter().map(|(id, _)| *id);
    let fixed = fixed.filter(|&id| of(id).is_some_and(|carried| carried.write.is_none()));
    let no_word: Vec<ParamId> = lacking.chain(fixed).collect();
    let unproven: Vec<(ParamId, Certainty)> = changed
        .iter()
        .filter_map(|&(id, _)| Some((id, of(id)?.write?)))
        .filter(|&(_, certainty)| !write.unproven && !is_proven(certainty))
        .collect();
    if !changed.is_empty() || no_word.is_empty() {
        print(&text);
        for &(id, raw) in &changed {
            let with = of(id).and_then(|carried| carried.with);
            let Some(with) = with.filter(|with| !known.iter().any(|(other, _)| other == with))
            else {
                continue;
            };
            print(&format!(
                "{}: becomes {} as well, it stands in the same register\n",
                settings::key(with),
                settings::show(with, raw)
            ));
        }
    }
    if let Some(dialect) = board.dialect() {
        if !no_word.is_empty() {
            return Err(DoError::NotCarried { dialect, what: named_keys(&no_word) });
        }
        if let Some(&(_, certainty)) = unproven.first() {
            let ids: Vec<ParamId> = unproven.iter().map(|(id, _)| *id).collect();
            return Err(DoError::Unproven { dialect, what: named_keys(&ids), certainty });
        }
    }
    if changed.is_empty() || dry_run {
        return Ok(Exit::Done);
    }
    if !write.yes && !agreed("These settings are written to the board.") {
        return Ok(Exit::Usage);
    }
    board.set(&changed, write.unproven, timeout)?;
    Ok(Exit::Done)
}

/// A few settings by their keys, more by their number.
fn named_keys(ids: &[ParamId]) -> String {
    match ids.len() {
        0..=8 => ids.iter().map(|&id| settings::key(id)).collect::<Vec<_>>().join(", "),
        count => format!("{count} settings of those"),
    }
}

/// What a group would change, in words, and the changes themselves.
fn difference(before: &[Setting], group: &[(ParamId, i32)]) -> (String, Vec<(ParamId, i32)>) {
    let before: BTreeMap<ParamId, Option<i32>> = before.iter().copied().collect();
    let mut text = String::new();
    let mut changed = Vec::new();
    for &(id, raw) in group {
        let old = before.get(&id).copied().flatten();
        if old == Some(raw) {
            continue;
        }
        let old = old.map_or_else(|| "?".to_owned(), |old| settings::show(id, old));
        text.push_str(&format!("{}: {old} -> {}\n", settings::key(id), settings::show(id, raw)));
        changed.push((id, raw));
    }
    if changed.is_empty() {
        "nothing changes\n".clone_into(&mut text);
    }
    (text, changed)
}

/// Asks a person; nobody at a terminal means no.
fn agreed(question: &str) -> bool {
    if !stdin().is_terminal() || !stderr().is_terminal() {
        complain(&format!("{question} Nobody is there to be asked: say --yes to go on."));
        return false;
    }
    complain(&format!("{question} Type yes to go on:"));
    let mut line = String::new();
    // Whoever closes the input has not agreed.
    let _ = stdin().lock().read_line(&mut line);
    line.trim() == "yes"
}

fn as_table(found: &[Setting]) -> String {
    let rows: Vec<(String, String, &str)> = found
        .iter()
        .map(|&(id, raw)| {
            let value = raw.map_or_else(|| "none".to_owned(), |raw| settings::show(id, raw));
            (settings::key(id), value, settings::help(id))
        })
        .collect();
    let keys = rows.iter().map(|row| row.0.chars().count()).max().unwrap_or(0);
    let values = rows.iter().map(|row| row.1.chars().count()).max().unwrap_or(0);
    rows.iter()
        .map(|(key, value, help)| {
            let line = format!("{key:<keys$}  {value:>values$}  {help}");
            format!("{}\n", line.trim_end())
        })
        .collect()
}

fn as_json(found: &[Setting]) -> String {
    let members: Map<String, Json> =
        found.iter().map(|&(id, raw)| (settings::key(id), value(id, raw))).collect();
    format!("{:#}\n", Json::Object(members))
}

/// A value, or that the board says it has none.
fn value(id: ParamId, raw: Option<i32>) -> Json {
    raw.map_or(Json::Null, |raw| settings::json(id, raw))
}

/// A file that can be loaded again: one line for each setting, in the unit of its key.
fn as_toml(found: &[(ParamId, i32)]) -> String {
    let mut text = "# Settings of a board, written by `cellward save`.\n".to_owned();
    let mut group = "";
    for &(id, raw) in found {
        if settings::group(id) != group {
            group = settings::group(id);
            text.push_str(&format!("\n# {group}\n"));
        }
        text.push_str(&format!("{} = {}\n", settings::key(id), settings::json(id, raw)));
    }
    text
}

/// The settings of a file, each with its raw value.
fn read_file(path: &Path) -> Result<Vec<(ParamId, i32)>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    table
        .iter()
        .map(|(key, value)| {
            let id = settings::find(key).map_err(|error| error.to_string())?;
            let value = match value {
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Float(number) => number.to_string(),
                other => return Err(format!("{key} = {other} is no number")),
            };
            settings::parse(id, &value).map(|raw| (id, raw)).map_err(|error| error.to_string())
        })
        .collect()
}

fn usage(sentence: &str) -> Exit {
    complain(sentence);
    Exit::Usage
}
