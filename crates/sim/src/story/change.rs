//! What can change while a story goes on: one line of [`at_words!`] per word.

use cellward_params::{Command, Role, Switch};
use cellward_units::{Duration, Ratio};
use serde::Deserialize;

use super::settings::Settings;
use super::words::{Amount, Celsius, Kind, Percent, Time, checked, find};
use crate::answer::{AnswerWord, answer_word};
use crate::{Charger, ChipFault, Injection};

/// One thing that changes.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Change {
    LoadAmps(f64),
    LoadWatts(f64),
    Charger(Charger),
    Ambient(f64),
    Solar(bool),
    Household(bool),
    Inject(Injection),
    Remove(Injection),
    Chip(Option<ChipFault>),
    /// The board loses its power and gets it back; its memory is kept.
    Restart,
    Ask(Ask),
}

/// Something that is asked of the board.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Ask {
    pub(crate) what: Asked,
    pub(crate) role: Role,
    /// The answer that the story wants, if it cares.
    pub(crate) answer: Option<AnswerWord>,
}

/// What is asked.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Asked {
    Command(Command),
    Write(Settings),
}

/// A change with its time since the start.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Turn {
    pub(crate) at: Duration,
    pub(crate) change: Change,
    /// The line in the text, from 1; 0 for a story that was never a text.
    pub(crate) line: usize,
}

/// Makes the struct of an `[[at]]` and the way from its words to changes.
macro_rules! at_words {
    ($($word:ident: $type:ty => $meaning:expr;)*) => {
        /// `[[at]]` as it is written.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct AtText {
            pub(super) time: Time,
            $($word: Option<$type>,)*
        }

        impl AtText {
            /// The changes, in the order of this list.
            pub(super) fn changes(self) -> Result<Vec<Change>, String> {
                let mut changes = Vec::new();
                $(if let Some(word) = self.$word {
                    let meaning: fn($type) -> Result<Change, String> = $meaning;
                    changes.push(meaning(word)?);
                })*
                Ok(changes)
            }
        }
    };
}

at_words! {
    load_a: Amount => |word| Ok(Change::LoadAmps(word.0));
    load_w: Amount => |word| Ok(Change::LoadWatts(word.0));
    charger: ChargerText => |word| Ok(Change::Charger(word.meaning()));
    ambient_c: Celsius => |word| Ok(Change::Ambient(word.0));
    solar: bool => |there| Ok(Change::Solar(there));
    household: bool => |there| Ok(Change::Household(there));
    inject: Kind => |word| Ok(Change::Inject(word.0));
    remove: Kind => |word| Ok(Change::Remove(word.0));
    chip: ChipWord => |word| Ok(Change::Chip(word.0));
    restart: OnlyTrue => |_| Ok(Change::Restart);
    command: CommandText => CommandText::meaning;
    write: WriteText => |word| Ok(Change::Ask(word.meaning()));
}

/// `charger = { … }` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChargerText {
    voltage_v: Amount,
    current_a: Amount,
}

impl ChargerText {
    const fn meaning(self) -> Charger {
        Charger { voltage_v: self.voltage_v.0, current_a: self.current_a.0 }
    }
}

checked! {
    /// What is wrong with the chip, if anything.
    ChipWord(Option<ChipFault>) from String: |key| {
        /// The words and what they mean.
        const WORDS: [(&str, Option<ChipFault>); 3] = [
            ("well", None),
            ("silent", Some(ChipFault::Silent)),
            ("current_missing", Some(ChipFault::CurrentChannel)),
        ];
        find("state of the chip", &key, &WORDS, |word| word.0).map(|word| word.1)
    };
    /// A word that only makes sense as `true`.
    OnlyTrue(()) from bool: |yes| {
        if yes { Ok(()) } else { Err("only `true` means something here: leave it out".to_owned()) }
    };
    /// One of the two switches.
    SwitchWord(Switch) from String: |key| find("switch", &key, Switch::ALL, |kind| kind.key());
    /// Who asks.
    RoleWord(Role) from String: |key| find("role", &key, Role::ALL, |role| role.key());
    /// What the board shall answer.
    Answered(AnswerWord) from String: |key| answer_word(&key);
}

/// Makes the struct of a `command` and the way from its one verb to the command.
macro_rules! command_words {
    ($($word:ident: $type:ty => $meaning:expr;)*) => {
        /// `command = { … }` as it is written: one verb, and who asks for what answer.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct CommandText {
            role: Option<RoleWord>,
            answer: Option<Answered>,
            $($word: Option<$type>,)*
        }

        impl CommandText {
            fn meaning(self) -> Result<Change, String> {
                let mut commands: Vec<Command> = Vec::new();
                $(if let Some(word) = self.$word {
                    let meaning: fn($type) -> Command = $meaning;
                    commands.push(meaning(word));
                })*
                let &[command] = commands.as_slice() else {
                    let verbs = [$(stringify!($word)),*].join(", ");
                    return Err(format!("a command says exactly one of {verbs}"));
                };
                Ok(Change::Ask(ask(Asked::Command(command), self.role, self.answer)))
            }
        }
    };
}

command_words! {
    allow: SwitchWord => |word| Command::AllowSwitch { switch: word.0, allowed: true };
    forbid: SwitchWord => |word| Command::AllowSwitch { switch: word.0, allowed: false };
    set_soc_percent: Percent => |word| Command::SetSoc(
        // A share between 0 and 1 always has a ratio.
        Ratio::from_f64(word.0).unwrap_or(Ratio::ZERO)
    );
}

/// `write = { … }` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WriteText {
    set: Settings,
    role: Option<RoleWord>,
    answer: Option<Answered>,
}

impl WriteText {
    fn meaning(self) -> Ask {
        ask(Asked::Write(self.set), self.role, self.answer)
    }
}

/// A wired port without a password speaks as installer; so does a story that does not say.
fn ask(what: Asked, role: Option<RoleWord>, answer: Option<Answered>) -> Ask {
    Ask {
        what,
        role: role.map_or(Role::Installer, |word| word.0),
        answer: answer.map(|word| word.0),
    }
}
