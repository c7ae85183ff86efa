//! The turns of a story: what changes in the world, and what the board is asked.

use cellward_core::{GroupWrite, Input};
use cellward_params::record::Switches;
use cellward_params::{Action, PortId, Refusal, Request};
use cellward_units::Instant;

use super::Sim;
use crate::story::bench::Brain;
use crate::story::{Ask, Asked, Change};

/// Requests of the story come in on a port that no wire has.
const STORY_PORT: PortId = PortId(u8::MAX - 1);

/// Something that the story asked of the board, with the answer.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Answered {
    pub(crate) at: Instant,
    /// The line of the story.
    pub(crate) line: usize,
    pub(crate) ask: Ask,
    pub(crate) result: Result<(), Refusal>,
}

impl Sim {
    /// Carries out what the story wants now.
    pub(super) fn take_turns(&mut self) {
        while let Some(turn) = self.turns.pop_front_if(|turn| Instant::START + turn.at <= self.now)
        {
            self.take_turn(turn.change, turn.line);
        }
    }

    fn take_turn(&mut self, change: Change, line: usize) {
        match change {
            Change::Inject(injection) => self.set_trouble(injection, true),
            Change::Remove(injection) => self.set_trouble(injection, false),
            Change::LoadOhms(ohms) => self.set_load_ohms(ohms),
            Change::Reversed(volts) => self.set_reversed_source(volts),
            Change::Capacitor(capacitor) => self.set_capacitor(capacitor),
            Change::CapacitorVolts(volts) => self.charge_capacitor(volts),
            Change::Switch(switch, fault) => self.set_switch_fault(switch, fault),
            Change::Precharge(fault) => self.set_precharge_fault(fault),
            Change::Breaker(fitted) => self.fit_breaker(fitted),
            Change::BreakerReset => self.reset_breaker(),
            Change::PackLead(there) => self.set_pack_lead(there),
            Change::LeadOhms(ohms) => self.set_lead_ohms(ohms),
            Change::JointOhms(cell, ohms) => self.set_joint_ohms(cell, ohms),
            Change::Wire(tap, wire) => self.set_wire(tap, wire),
            Change::Order(order) => self.set_wire_order(order),
            Change::Plug(step) => self.plug_harness(self.now, step),
            Change::CellSoc(cell, soc) => self.set_cell_soc(cell, soc),
            Change::CellWeak(cell, share) => self.weaken_cell(cell, share),
            Change::CellShort(cell, ohms) => self.set_internal_short(cell, ohms),
            Change::CellRest(cell, volts) => self.force_cell(cell, volts),
            Change::CellHeat(cell, rate) => self.heat_cell(cell, self.watts_for(rate)),
            Change::Soak(celsius) => self.soak(celsius),
            Change::Hold(spot, celsius) => self.hold_temperature(spot, celsius),
            Change::Climb(sensor, rate) => self.heat_sensor(sensor, rate),
            Change::Probe(spot, fault) => self.set_probe_fault(spot, fault),
            Change::Beta(spot, beta) => self.set_probe_beta(spot, beta),
            Change::CurrentError(error) => self.set_current_error(error),
            Change::Chip(fault) => self.set_chip_fault(fault),
            Change::Brain(Brain::Reset) => self.restart_brain(),
            Change::Brain(brain) => self.freeze_brain(brain == Brain::Frozen),
            Change::Board(health) => self.set_board_health(health),
            Change::Key(on) => self.set_key(on),
            Change::Restart => self.restart(),
            Change::Ask(ask) => self.ask(ask, line),
            change @ (Change::LoadAmps(_)
            | Change::LoadWatts(_)
            | Change::Charger(_)
            | Change::Ambient(_)
            | Change::Solar(_)
            | Change::Household(_)) => {
                self.change_plant(self.now, |plant| plant.surroundings.change(&change));
            }
        }
    }

    /// Takes the power of the board away and gives it back; its memory is kept.
    fn restart(&mut self) {
        self.restart_brain();
        self.chip.power_up(self.node.wanted());
        self.unheard.clear();
        self.sensors_changed = true;
        self.change_plant(self.now, |plant| plant.set_switches(Switches::OPEN));
    }

    /// Asks the board and keeps the answer.
    fn ask(&mut self, ask: Ask, line: usize) {
        let (id, port, role) = (0, STORY_PORT, ask.role);
        let result = match &ask.what {
            Asked::Command(command) => {
                let action = Action::Command(*command);
                self.answer_to(Input::Request(Request { id, port, role, action }))
            }
            Asked::Write(settings) => {
                let changes = &settings.0;
                self.answer_to(Input::Write(GroupWrite { id, port, role, changes }))
            }
        };
        self.keep_records();
        self.answers.push_back(Answered { at: self.now, line, ask, result });
    }

    /// Puts a question to the board and gives its answer.
    fn answer_to(&mut self, question: Input<'_>) -> Result<(), Refusal> {
        self.node.handle(question, self.now);
        // The engine answers every request before it returns (tested there).
        self.node.take_answer().map_or(Err(Refusal::NotSupported), |answer| answer.result)
    }
}
