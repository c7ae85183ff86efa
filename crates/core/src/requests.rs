//! What sessions ask for: checked against the role, carried out, answered.

use cellward_params::fault::Release;
use cellward_params::product::Product;
use cellward_params::record::{Changes, Happening, RecordKind, Subject};
use cellward_params::{
    Action, Answer, Applied, Board, Chemistry, Command, DateTime, Fault, Level, ParamId, PortId,
    Refusal, Request, Role, ShortText,
};
use cellward_units::{Instant, Ratio, Voltage};

use crate::engine::Bms;
use crate::input::GroupWrite;
use crate::story::{Anchor, Event, Line};

/// Parameter row: cells in series.
const CELLS: ParamId = ParamId(1);
/// Parameter row: chemistry.
const CHEMISTRY: ParamId = ParamId(3);

impl Bms {
    /// Answers one request, done or refused.
    pub(crate) fn answer(&mut self, request: &Request, now: Instant) {
        self.access.touch(request.port, now);
        let result = match request.action {
            Action::Command(command) => self.carry_out(command, request.role, request.port, now),
            Action::Write { parameter, raw } => {
                self.write(&[(parameter, raw)], request.role, request.port, now)
            }
        };
        self.story.push(Event::Answer(Answer { id: request.id, port: request.port, result }));
    }

    /// Answers a group of writes: all of them, or none.
    pub(crate) fn answer_group(&mut self, group: &GroupWrite<'_>, now: Instant) {
        self.access.touch(group.port, now);
        let result = self.write(group.changes, group.role, group.port, now);
        self.story.push(Event::Answer(Answer { id: group.id, port: group.port, result }));
    }

    fn carry_out(
        &mut self,
        command: Command,
        role: Role,
        port: PortId,
        now: Instant,
    ) -> Result<(), Refusal> {
        need(command.role(), role)?;
        match command {
            Command::AllowSwitch { switch, allowed } => {
                if self.switching.allowed().closed(switch) != allowed {
                    self.switching.set_allowed(switch, allowed);
                    let happening = if allowed { Happening::UserOn } else { Happening::UserOff };
                    let line = Line::plain(RecordKind::Change, happening);
                    self.tell(line.with_index(switch.code()).by(role), now);
                    self.save(now);
                }
                if allowed {
                    self.protect.relieve(switch);
                }
                Ok(())
            }
            Command::SetSoc(soc) => self.set_soc(soc, role, now),
            Command::Unlock { fault, reason } => self.unlock(fault, reason, role, now),
            Command::Override(fault) => {
                self.protect.start_override(fault, now)?;
                let line = Line::plain(RecordKind::Lock, Happening::OverrideStarted);
                self.tell(line.with_value(fault.code().into()).by(role), now);
                Ok(())
            }
            Command::Acknowledge(fault) => self.acknowledge(fault, role, now),
            Command::Commission { chemistry, cells, outside_window } => {
                self.commission((chemistry, cells), outside_window, role, port, now)
            }
            Command::LearnZero => {
                if !self.switching.both_open() {
                    return Err(Refusal::SwitchesClosed);
                }
                self.zero.again();
                Ok(())
            }
            Command::SetClock(clock) => {
                self.clock = Some((clock.seconds(), now));
                Ok(())
            }
            Command::Identify => {
                self.identify(now);
                Ok(())
            }
            Command::FactoryReset => {
                let before = self.config.clone();
                self.config.factory_reset();
                self.reconfigure();
                self.tell_written(&before.compare(&self.config, true), role, port, now);
                Ok(())
            }
            Command::Restart => {
                self.save(now);
                self.story.push(Event::Restart);
                Ok(())
            }
            Command::Sleep => self.sleep_now(role, now),
            Command::Login(password) => self.log_in(&password, port, now),
            Command::Logout => {
                self.access.close(port);
                Ok(())
            }
            Command::SetPassword(password) => self.set_password(password, port, now),
            // What a newer table knows.
            _ => Err(Refusal::NotSupported),
        }
    }

    /// What time it is, where somebody has said so.
    pub(crate) fn clock(&self, now: Instant) -> Option<DateTime> {
        let (seconds, since) = self.clock?;
        let passed = u32::try_from(now.since(since).as_secs()).ok()?;
        DateTime::from_seconds(seconds.checked_add(passed)?)
    }

    fn set_soc(&mut self, soc: Ratio, role: Role, now: Instant) -> Result<(), Refusal> {
        if soc < Ratio::ZERO || soc > Ratio::ONE {
            let (min, max) = (Ratio::ZERO.as_ppm(), Ratio::ONE.as_ppm());
            return Err(Refusal::OutOfRange { min, max });
        }
        if self.config.rated_capacity().is_none() {
            return Err(Refusal::NotSupported);
        }
        self.soc.set(soc);
        self.story.push(Event::Anchor(Anchor::Told(soc)));
        let line = Line::plain(RecordKind::Soc, Happening::SocSet);
        self.tell(line.with_value(soc.as_permille()).by(role), now);
        self.save(now);
        Ok(())
    }

    fn unlock(
        &mut self,
        fault: Fault,
        reason: ShortText,
        role: Role,
        now: Instant,
    ) -> Result<(), Refusal> {
        if reason.as_str().trim().is_empty() {
            return Err(Refusal::ReasonMissing);
        }
        self.protect.unlock(fault)?;
        self.switching.unlocked(fault);
        let line = Line {
            subject: Subject::Fault(fault, Level::Hard),
            reason: Some(reason),
            ..Line::plain(RecordKind::Lock, Happening::Started)
        };
        self.tell(line.by(role), now);
        self.show();
        self.save(now);
        Ok(())
    }

    fn acknowledge(&mut self, fault: Fault, role: Role, now: Instant) -> Result<(), Refusal> {
        let waits = fault.row().release(self.config.profile()) == Release::Acknowledge;
        if !waits {
            return Err(Refusal::NothingToDo(fault));
        }
        let mut told = heapless::Vec::<_, 3>::new();
        self.protect.acknowledge(fault, now, |what| {
            // A fault has three levels.
            let _never_full = told.push(what);
        })?;
        self.measure.forget_drift();
        for what in told {
            self.tell(crate::engine::told_line(what).by(role), now);
        }
        self.show();
        self.save(now);
        Ok(())
    }

    /// Confirms what the pack is made of. Requirements.
    fn commission(
        &mut self,
        (chemistry, cells): (Chemistry, u8),
        outside_window: bool,
        role: Role,
        port: PortId,
        now: Instant,
    ) -> Result<(), Refusal> {
        let live = self.measure.live_cells().ok_or(Refusal::NoReading)?;
        if live != cells {
            return Err(Refusal::LiveTaps { named: cells, live });
        }
        let before = self.config.clone();
        let named = [(CHEMISTRY, chemistry.code().into()), (CELLS, cells.into())];
        let board = self.board();
        let named = self.config.apply(&named, role, &board)?;
        let system = self.config.system();
        let low = Voltage::from_millivolts(system.window_low);
        let high = Voltage::from_millivolts(system.window_high);
        if let Some(cell) = self.measure.outside(low, high)
            && !outside_window
        {
            self.config = before;
            return Err(Refusal::OutsideWindow { cell });
        }
        self.config.set_commissioned(true);
        self.reconfigure();
        // That it is commissioned now is a parameter as well.
        let applied = before.compare(&self.config, named.reconfigured);
        self.tell_written(&applied, role, port, now);
        if let Some(cell) = self.measure.outside(low, high) {
            let line = Line::plain(RecordKind::SelfTest, Happening::OutsideWindow);
            self.tell(line.with_index(cell).by(role), now);
        }
        let line = Line::plain(RecordKind::SelfTest, Happening::Commissioned);
        self.tell(line.with_value(cells.into()).by(role), now);
        Ok(())
    }

    /// What a write must know of the board.
    fn board(&self) -> Board {
        Board {
            switches_open: self.switching.both_open(),
            live_cells: self.measure.live_cells(),
            most_cells: Product::K.most_cells(),
        }
    }

    fn write(
        &mut self,
        changes: &[(ParamId, i32)],
        role: Role,
        port: PortId,
        now: Instant,
    ) -> Result<(), Refusal> {
        let board = self.board();
        let applied = self.config.apply(changes, role, &board)?;
        if applied.count == 0 {
            // A write that changes nothing is not stored.
            return Ok(());
        }
        self.reconfigure();
        self.tell_written(&applied, role, port, now);
        Ok(())
    }

    /// Tells a write: four changes a record, all with the same two sums. Record format, §2.
    fn tell_written(&mut self, applied: &Applied, role: Role, port: PortId, now: Instant) {
        for changed in applied.changed.chunks(Changes::MOST) {
            let line = Line {
                value: Some(applied.before_crc.cast_signed()),
                limit: Some(applied.after_crc.cast_signed()),
                changes: Some(Changes::new(port, applied.count, changed)),
                ..Line::plain(RecordKind::ParameterWrite, Happening::ParametersWritten)
            };
            self.tell(line.by(role), now);
        }
    }
}

/// Refuses a role that is too low.
fn need(needed: Role, role: Role) -> Result<(), Refusal> {
    if role >= needed { Ok(()) } else { Err(Refusal::Role { needed }) }
}
