//! Settings, switches and words of the classic dialect: asked one by one, written with their
//! neighbours, read back.

use std::time::Duration;

use cellward_link::a5::{Answered, Ask, command_of, limits, patched, says, settings};
use cellward_link::client::Plan;
use cellward_params::{Command, DateTime, ParamId, Record, Switch};
use cellward_wire::a5::{
    ClockAndSoc, HOST_APP, HOST_WIRED, Reply, Request, SwitchWord, Switches, command,
};

use super::{A5Device, ReadError, ReadReport};
use crate::board::{Board, Carried, Certainty, Dialect, DoError, SPARED, Setting};
use crate::clock;
use crate::drive::Cut;
use crate::settings::{key, show};

/// How long a switch may take to show its new state: some boards need a second (B).
const SWITCH_PATIENCE: Duration = Duration::from_secs(3);
/// How often it is looked meanwhile.
const SWITCH_LOOK: Duration = Duration::from_millis(500);

impl Board for A5Device {
    fn now(&self) -> Duration {
        self.wire.now()
    }

    fn rest(&mut self, time: Duration) -> Result<(), Cut> {
        self.wire.rest(time)
    }

    fn dialect(&self) -> Option<Dialect> {
        Some(Dialect::A5)
    }

    fn read(&mut self, plan: Plan, timeout: Duration) -> Result<ReadReport, ReadError> {
        self.read_once(plan, timeout)
    }

    fn carried(&mut self, _timeout: Duration) -> Result<Vec<Carried>, DoError> {
        // How limits are written was never seen on a wire.
        let write = Some(Certainty::I);
        Ok(settings().map(|(_, id)| Carried { id, write, with: None }).collect())
    }

    fn get(&mut self, ids: &[ParamId], timeout: Duration) -> Result<Vec<Setting>, DoError> {
        let end = self.wire.now() + timeout;
        let mut commands: Vec<u8> = ids.iter().filter_map(|&id| command_of(id)).collect();
        commands.sort_unstable();
        commands.dedup();
        let mut found = Vec::new();
        for command in commands {
            if let Some(payload) = self.ask(&Request::read(command), end)? {
                let reply = Reply::parse(command, &payload);
                let told = limits(&reply).filter(|(id, _)| ids.contains(id));
                found.extend(told.map(|(id, raw)| (id, Some(raw))));
            }
        }
        Ok(found)
    }

    fn set(
        &mut self,
        group: &[(ParamId, i32)],
        unproven: bool,
        timeout: Duration,
    ) -> Result<(), DoError> {
        let end = self.wire.now() + timeout;
        for &(id, _) in group {
            if command_of(id).is_none() {
                return Err(not_carried(key(id)));
            }
            if !unproven {
                let (dialect, certainty) = (Dialect::A5, Certainty::I);
                return Err(DoError::Unproven { dialect, what: key(id), certainty });
            }
        }
        let mut commands: Vec<u8> = group.iter().filter_map(|&(id, _)| command_of(id)).collect();
        commands.sort_unstable();
        commands.dedup();
        for command in commands {
            let own = || group.iter().filter(|&&(id, _)| command_of(id) == Some(command));
            let words = || own().map(|&(id, _)| key(id)).collect::<Vec<_>>().join(", ");
            let before = self.ask(&Request::read(command), end)?;
            let before = before.ok_or_else(|| DoError::Silent(format!("a read of {}", words())))?;
            let mut payload = before;
            for &(id, raw) in own() {
                payload = patched(command, payload, id, raw)
                    .ok_or_else(|| DoError::Silent(format!("a read of {}", key(id))))?;
            }
            let write = Request::SetLimits { read: command, payload };
            let heard = self.ask(&write, end)?;
            let after = self.ask(&Request::read(command), end)?.unwrap_or(before);
            for &(id, raw) in own() {
                if !says(command, after, id, raw) {
                    if heard.is_none() {
                        return Err(DoError::Silent(format!("a write of {}", words())));
                    }
                    let reply = Reply::parse(command, &after);
                    let found = limits(&reply).find(|found| found.0 == id);
                    let found =
                        found.map_or_else(|| "nothing".to_owned(), |found| show(id, found.1));
                    return Err(DoError::NotConfirmed {
                        what: key(id),
                        wanted: show(id, raw),
                        found,
                    });
                }
            }
        }
        Ok(())
    }

    fn command(
        &mut self,
        command: &Command,
        _unproven: bool,
        timeout: Duration,
    ) -> Result<(), DoError> {
        let end = self.wire.now() + timeout;
        match *command {
            Command::AllowSwitch { switch, allowed } => self.switch(switch, allowed, end),
            Command::SetSoc(soc) => {
                let permille = u16::try_from(soc.as_permille()).unwrap_or(u16::MAX);
                // A date of zeros would set the clock of a real board to garbage.
                self.clock_and_soc(clock::now().ok_or(DoError::NoTime)?, permille, end)
            }
            Command::SetClock(clock) => {
                let pack = self.ask(&Request::read(command::PACK), end)?;
                let pack = pack.ok_or_else(|| DoError::Silent("a read of the SOC".to_owned()))?;
                let Reply::Pack(pack) = Reply::parse(command::PACK, &pack) else {
                    return Err(DoError::Silent("a read of the SOC".to_owned()));
                };
                // The dialect sets both at once: the SOC is written as it is.
                self.clock_and_soc(clock, pack.soc_permille, end)
            }
            Command::Restart => {
                // A board that goes down at once does not answer.
                self.ask(&Request::Restart { padding: [0; 8] }, end).map(|_| ())
            }
            _ => Err(not_carried(format!("the command {}", command.key()))),
        }
    }

    fn records(&mut self, _after: u32, _timeout: Duration) -> Result<Vec<Record>, DoError> {
        Err(not_carried("records".to_owned()))
    }
}

impl A5Device {
    /// Writes a switch and looks until it really is as it was asked to be.
    fn switch(&mut self, switch: Switch, allowed: bool, end: Duration) -> Result<(), DoError> {
        let word = SwitchWord { on: u8::from(allowed), rest: [0; 7] };
        let what = format!("{} switch", switch.key());
        let request = match switch {
            Switch::Charge => Request::SetCharge(word),
            Switch::Discharge => Request::SetDischarge(word),
        };
        let heard = self.ask(&request, end)?;
        let give_up = end.min(self.wire.now() + SWITCH_PATIENCE);
        loop {
            self.wire.rest(SWITCH_LOOK)?;
            let state = self.ask(&Request::read(command::SWITCHES), end)?;
            // 1 charging, 2 discharging.
            let (at, against) = match switch {
                Switch::Charge => (Switches::CHARGE, 2),
                Switch::Discharge => (Switches::DISCHARGE, 1),
            };
            let found = state.map(|payload| at.read(&payload) == 1);
            let spared =
                !allowed && state.is_some_and(|payload| Switches::STATE.read(&payload) == against);
            if found == Some(allowed) {
                return Ok(());
            }
            if self.wire.now() >= give_up {
                return Err(match (heard, found) {
                    (Some(_), Some(found)) => DoError::NotConfirmed {
                        what,
                        wanted: on_off(allowed).to_owned(),
                        found: match spared {
                            true => format!("{} {SPARED}", on_off(found)),
                            false => on_off(found).to_owned(),
                        },
                    },
                    _ => DoError::Silent(format!("the {what}")),
                });
            }
        }
    }

    fn clock_and_soc(
        &mut self,
        clock: DateTime,
        soc_permille: u16,
        end: Duration,
    ) -> Result<(), DoError> {
        let [year, month, day, hour, minute, second] = clock.bytes();
        let set = ClockAndSoc { year, month, day, hour, minute, second, soc_permille };
        match self.ask(&Request::SetClockAndSoc(set), end)? {
            Some([1, ..]) => Ok(()),
            _ => Err(DoError::Silent("clock and SOC".to_owned())),
        }
    }

    /// One request; `None` where the board says nothing to it.
    fn ask(&mut self, request: &Request, end: Duration) -> Result<Option<[u8; 8]>, DoError> {
        let host = self.find_host(end)?;
        let mut ask = Ask::new(request, host, self.options);
        self.wire.run(&mut ask, end)?;
        match ask.result() {
            Some(Answered::With(payload)) => Ok(Some(payload)),
            Some(Answered::Echo) => Err(ReadError::Echo.into()),
            Some(Answered::Contradictory) => Err(ReadError::Unbelievable.into()),
            Some(Answered::Silent) | None => Ok(None),
        }
    }

    /// The host address that the board answers.
    fn find_host(&mut self, end: Duration) -> Result<u8, DoError> {
        if let Some(host) = self.host.or_else(|| self.client.host()).or(self.options.host) {
            return Ok(host);
        }
        if self.options.board > 1 {
            return Ok(cellward_wire::a5::host_address(self.options.board));
        }
        // The first exchange after a pause is often lost, and some boards know one address only.
        for host in [HOST_WIRED, HOST_APP, HOST_WIRED, HOST_APP] {
            let mut ask = Ask::new(&Request::read(command::STATUS), host, self.options);
            self.wire.run(&mut ask, end)?;
            match ask.result() {
                Some(Answered::With(_)) => {
                    self.host = Some(host);
                    return Ok(host);
                }
                Some(Answered::Echo) => return Err(ReadError::Echo.into()),
                _ => {}
            }
        }
        Err(ReadError::Silent.into())
    }
}

fn not_carried(what: String) -> DoError {
    DoError::NotCarried { dialect: Dialect::A5, what }
}

const fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}
