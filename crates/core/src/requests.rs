//! What sessions ask for: checked against the role, carried out, answered.

use cellward_params::record::{Happening, RecordKind};
use cellward_params::{
    Action, Answer, Command, ConfigError, ParamId, Parameter, Refusal, Request, Role,
};
use cellward_units::{Instant, Ratio};

use crate::engine::Bms;
use crate::story::{Event, Line};

impl Bms {
    /// Answers one request, done or refused.
    pub(crate) fn answer(&mut self, request: &Request, now: Instant) {
        let result = match request.action {
            Action::Command(command) => self.carry_out(command, request.role, now),
            Action::Write { parameter, raw } => self.write(parameter, raw, request.role),
        };
        self.story.push(Event::Answer(Answer { id: request.id, port: request.port, result }));
    }

    fn carry_out(&mut self, command: Command, role: Role, now: Instant) -> Result<(), Refusal> {
        need(command.role(), role)?;
        match command {
            Command::AllowSwitch { switch, allowed } => {
                if self.switching.allowed().closed(switch) != allowed {
                    self.switching.set_allowed(switch, allowed);
                    let happening = if allowed { Happening::UserOn } else { Happening::UserOff };
                    let line = Line::plain(RecordKind::Change, happening);
                    self.tell(line.with_index(switch.code()), now);
                    self.save(now);
                }
                if allowed {
                    self.protect.relieve(switch);
                }
                Ok(())
            }
            Command::SetSoc(soc) => {
                if soc < Ratio::ZERO || soc > Ratio::ONE {
                    let (min, max) = (Ratio::ZERO.as_ppm(), Ratio::ONE.as_ppm());
                    return Err(Refusal::OutOfRange { min, max });
                }
                if self.config.rated_capacity().is_none() {
                    return Err(Refusal::NotSupported);
                }
                self.soc.set(soc);
                let line = Line::plain(RecordKind::Soc, Happening::SocSet);
                self.tell(line.with_value(soc.as_permille()), now);
                self.save(now);
                Ok(())
            }
            _ => Err(Refusal::NotSupported),
        }
    }

    fn write(&mut self, id: ParamId, raw: i32, role: Role) -> Result<(), Refusal> {
        let needed = Parameter::find(id).map_or(Role::Installer, |row| row.role);
        need(needed, role)?;
        match self.config.set(id, raw) {
            Ok(()) => {
                self.reconfigure();
                Ok(())
            }
            Err(ConfigError::OutOfRange { min, max, .. }) => Err(Refusal::OutOfRange { min, max }),
            Err(_) => Err(Refusal::UnknownParameter(id)),
        }
    }
}

/// Refuses a role that is too low.
fn need(needed: Role, role: Role) -> Result<(), Refusal> {
    if role >= needed { Ok(()) } else { Err(Refusal::Role { needed }) }
}
