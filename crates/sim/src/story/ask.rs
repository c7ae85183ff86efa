//! What a story asks of the board: commands and writes, by whom, and the answer that it wants.

use cellward_params::{Command, Fault, Role, ShortText, Switch};
use cellward_units::Ratio;
use serde::Deserialize;

use super::change::{Ask, Asked, Change, OnlyTrue};
use super::settings::Settings;
use super::words::{ChemistryWord, Percent, checked, find};
use crate::answer::{AnswerWord, answer_word};

checked! {
    /// One of the two switches.
    SwitchWord(Switch) from String: |key| find("switch", &key, Switch::ALL, |kind| kind.key());
    /// Who asks.
    RoleWord(Role) from String: |key| find("role", &key, Role::ALL, |role| role.key());
    /// What the board shall answer.
    Answered(AnswerWord) from String: |key| answer_word(&key);
}

checked! {
    /// A fault by its key.
    FaultKey(Fault) from String: |key| find("fault", &key, Fault::ALL, |fault| fault.key());
}

/// `unlock = { … }` as it is written; an empty reason is something that a board must refuse.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnlockText {
    fault: FaultKey,
    reason: String,
}

/// `commission = { … }` as it is written; any number of cells, because a board must refuse a wrong
/// one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommissionText {
    chemistry: ChemistryWord,
    cells: u8,
    #[serde(default)]
    outside_window: bool,
}

/// Makes the struct of a `command` and the way from its one verb to the command.
macro_rules! command_words {
    ($($word:ident: $type:ty => $meaning:expr;)*) => {
        /// `command = { … }` as it is written: one verb, and who asks for what answer.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct CommandText {
            role: Option<RoleWord>,
            answer: Option<Answered>,
            $($word: Option<$type>,)*
        }

        impl CommandText {
            pub(super) fn meaning(self) -> Result<Vec<Change>, String> {
                let mut commands: Vec<Command> = Vec::new();
                $(if let Some(word) = self.$word {
                    let meaning: fn($type) -> Command = $meaning;
                    commands.push(meaning(word));
                })*
                let &[command] = commands.as_slice() else {
                    let verbs = [$(stringify!($word)),*].join(", ");
                    let verbs = verbs.replace("r#", "");
                    return Err(format!("a command says exactly one of {verbs}"));
                };
                Ok(vec![Change::Ask(ask(Asked::Command(command), self.role, self.answer))])
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
    unlock: UnlockText => |word| Command::Unlock {
        fault: word.fault.0,
        reason: ShortText::new(&word.reason),
    };
    r#override: FaultKey => |word| Command::Override(word.0);
    acknowledge: FaultKey => |word| Command::Acknowledge(word.0);
    commission: CommissionText => |word| Command::Commission {
        chemistry: word.chemistry.0,
        cells: word.cells,
        outside_window: word.outside_window,
    };
    learn_zero: OnlyTrue => |_| Command::LearnZero;
    sleep: OnlyTrue => |_| Command::Sleep;
}

/// `write = { … }` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WriteText {
    set: Settings,
    role: Option<RoleWord>,
    answer: Option<Answered>,
}

impl WriteText {
    pub(super) fn meaning(self) -> Ask {
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
