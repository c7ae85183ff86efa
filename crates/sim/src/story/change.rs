//! What can change while a story goes on: one line of [`at_words!`] per word.

use cellward_core::BoardHealth;
use cellward_params::{Command, Role, Switch};
use cellward_units::Duration;
use serde::Deserialize;

use super::ask::{CommandText, WriteText};
use super::bench::{
    BoardText, Brain, BrainWord, BreakerWord, CapacitorText, CellText, ChipWord, CurrentText,
    FaultWord, JointText, KeyWord, LeadWord, Milliohms, OrderText, PlugText, SensorText,
    UnlessZero, WireText,
};
use super::settings::Settings;
use super::words::{Amount, Celsius, Kind, Time, checked};
use crate::answer::AnswerWord;
use crate::{
    Capacitor, Charger, ChipFault, CurrentError, Injection, Order, ProbeFault, Spot, SwitchFault,
    Wire,
};

/// One thing that changes. Cells and sensors count from 0, taps from 0 at B-.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Change {
    LoadAmps(f64),
    LoadWatts(f64),
    LoadOhms(Option<f64>),
    Reversed(Option<f64>),
    Capacitor(Option<Capacitor>),
    CapacitorVolts(f64),
    Charger(Charger),
    Ambient(f64),
    Solar(bool),
    Household(bool),
    Inject(Injection),
    Remove(Injection),
    Switch(Switch, Option<SwitchFault>),
    Precharge(Option<SwitchFault>),
    Breaker(bool),
    BreakerReset,
    PackLead(bool),
    LeadOhms(f64),
    JointOhms(u8, f64),
    Wire(u8, Wire),
    Order(Order),
    /// The harness is plugged anew, one tap this much later than the one below it.
    Plug(Duration),
    CellSoc(u8, f64),
    CellWeak(u8, f64),
    CellShort(u8, Option<f64>),
    CellRest(u8, Option<f64>),
    /// K a minute.
    CellHeat(u8, f64),
    Soak(f64),
    Hold(Spot, Option<f64>),
    /// K a minute.
    Climb(u8, f64),
    Probe(Spot, Option<ProbeFault>),
    Beta(Spot, f64),
    CurrentError(CurrentError),
    Chip(Option<ChipFault>),
    Brain(Brain),
    Board(BoardHealth),
    Key(bool),
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
                    let meaning: fn($type) -> Result<Vec<Change>, String> = $meaning;
                    changes.extend(meaning(word)?);
                })*
                Ok(changes)
            }
        }
    };
}

/// One change of a word that always makes sense.
macro_rules! one {
    (|$word:pat_param| $change:expr) => {
        |$word| Ok(vec![$change])
    };
}

at_words! {
    load_a: Amount => one!(|word| Change::LoadAmps(word.0));
    load_w: Amount => one!(|word| Change::LoadWatts(word.0));
    load_ohm: UnlessZero => one!(|word| Change::LoadOhms(word.0));
    load_capacitor: CapacitorText => CapacitorText::meaning;
    charger: ChargerText => one!(|word| Change::Charger(word.meaning()));
    reversed_source_v: UnlessZero => one!(|word| Change::Reversed(word.0));
    ambient_c: Celsius => one!(|word| Change::Ambient(word.0));
    soak_c: Celsius => one!(|word| Change::Soak(word.0));
    solar: bool => one!(|there| Change::Solar(there));
    household: bool => one!(|there| Change::Household(there));
    inject: Kind => one!(|word| Change::Inject(word.0));
    remove: Kind => one!(|word| Change::Remove(word.0));
    charge_switch: FaultWord => one!(|word| Change::Switch(Switch::Charge, word.0));
    discharge_switch: FaultWord => one!(|word| Change::Switch(Switch::Discharge, word.0));
    precharge_switch: FaultWord => one!(|word| Change::Precharge(word.0));
    breaker: BreakerWord => one!(|word| word.meaning());
    pack_lead: LeadWord => one!(|word| Change::PackLead(word.0));
    lead_milliohm: Milliohms => one!(|word| Change::LeadOhms(word.0));
    joint: JointText => one!(|word| word.meaning());
    wire: WireText => WireText::meaning;
    wire_order: OrderText => OrderText::meaning;
    plug_harness: PlugText => one!(|word| Change::Plug(word.step.0));
    cell: CellText => CellText::meaning;
    sensor: SensorText => SensorText::meaning;
    current_channel: CurrentText => one!(|word| Change::CurrentError(word.meaning()));
    chip: ChipWord => one!(|word| Change::Chip(word.0));
    brain: BrainWord => one!(|word| Change::Brain(word.0));
    board: BoardText => one!(|word| Change::Board(word.meaning()));
    key: KeyWord => one!(|word| Change::Key(word.0));
    restart: OnlyTrue => one!(|_| Change::Restart);
    command: CommandText => CommandText::meaning;
    write: WriteText => one!(|word| Change::Ask(word.meaning()));
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
    /// A word that only makes sense as `true`.
    OnlyTrue(()) from bool: |yes| {
        if yes { Ok(()) } else { Err("only `true` means something here: leave it out".to_owned()) }
    };
}
