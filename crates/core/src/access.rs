//! Who may do what on which port: the owner's password, logins, and patience with wrong ones.
//!
//! While no password is set, whoever is on a wire is an installer. Once one is set, a port is a
//! user; it becomes an installer by a login, where its dialect has one, or where the owner lets the
//! dialects that have none write on (`legacy_writes`). Sources: the vendor's manual (a password
//! that the user may change) and its phone app, which compares it by itself and so keeps nobody
//! out; the rest is our own.
//!
//! A password crosses the wire as it is. It keeps out whoever meets the board at a port, not
//! whoever listens to the line of its owner.

use cellward_params::record::{Happening, RecordKind};
use cellward_params::{Password, PortId, Refusal, Role};
use cellward_units::{Duration, Instant};

use crate::engine::Bms;
use crate::story::Line;

/// Ports that can log in: as many as the simulated board has, where every program that comes gets a
/// port of its own.
const DOORS: usize = 24;
/// A login ends after this long without a request that needs it. A guess: as long as a person
/// looks for the next setting.
const IDLE: Duration = Duration::from_secs(600);
/// Wrong passwords in a row that cost nothing. A guess: two typing errors.
const FREE: u8 = 3;
/// How long none is looked at after the last free one, doubled by each further one. A guess, as the
/// next: at an hour for each try, six digits take a century.
const FIRST_PAUSE: u32 = 10;
/// The longest pause, in seconds.
const LONGEST_PAUSE: u32 = 3_600;

/// The password and what stands open.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    password: Option<Password>,
    doors: [Door; DOORS],
}

/// A port as far as logins are concerned.
#[derive(Clone, Copy, Debug)]
struct Door {
    /// A login lasts until then, unless it is used.
    open_until: Instant,
    /// No password is looked at before this.
    shut_until: Instant,
    /// Wrong passwords in a row.
    wrong: u8,
}

impl Door {
    /// Nobody has come yet.
    const NEW: Self = Self { open_until: Instant::START, shut_until: Instant::START, wrong: 0 };
}

impl Default for Access {
    fn default() -> Self {
        Self { password: None, doors: [Door::NEW; DOORS] }
    }
}

impl Access {
    /// What must survive a power loss.
    pub(crate) const fn password(&self) -> Option<Password> {
        self.password
    }

    /// Takes it back.
    pub(crate) const fn restore(&mut self, password: Option<Password>) {
        self.password = password;
    }

    /// As whom a port speaks now; `login` says whether its dialect has one.
    fn role(&self, port: PortId, login: bool, legacy_writes: bool, now: Instant) -> Role {
        let open = if login { self.is_open(port, now) } else { legacy_writes };
        if open || self.password.is_none() { Role::Installer } else { Role::User }
    }

    /// Whether somebody has logged in on this port and is still there.
    fn is_open(&self, port: PortId, now: Instant) -> bool {
        self.doors.get(usize::from(port.0)).is_some_and(|door| now < door.open_until)
    }

    /// A request came on this port: a login that is open stays so.
    pub(crate) fn touch(&mut self, port: PortId, now: Instant) {
        if self.is_open(port, now)
            && let Some(door) = self.doors.get_mut(usize::from(port.0))
        {
            door.open_until = now + IDLE;
        }
    }

    /// Ends a login.
    pub(crate) fn close(&mut self, port: PortId) {
        if let Some(door) = self.doors.get_mut(usize::from(port.0)) {
            door.open_until = Instant::START;
        }
    }

    /// Looks at a password. A wrong one comes back with how many that are in a row.
    fn try_password(
        &mut self,
        port: PortId,
        password: &Password,
        now: Instant,
    ) -> Result<(), Denied> {
        let right =
            self.password.as_ref().map_or_else(|| password.is_factory(), |set| set == password);
        let door = self.doors.get_mut(usize::from(port.0)).ok_or(Denied::NoDoor)?;
        if now < door.shut_until {
            return Err(Denied::Shut(door.shut_until.since(now)));
        }
        if right {
            *door = Door { open_until: now + IDLE, ..Door::NEW };
            return Ok(());
        }
        door.open_until = Instant::START;
        door.wrong = door.wrong.saturating_add(1);
        door.shut_until = pause(door.wrong).map_or(Instant::START, |pause| now + pause);
        Err(Denied::Wrong(door.wrong))
    }
}

/// Why a password opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Denied {
    /// The port cannot log in.
    NoDoor,
    /// None is looked at for so long.
    Shut(Duration),
    /// It is wrong, as so many before it.
    Wrong(u8),
}

/// How long none is looked at after so many wrong ones in a row.
fn pause(wrong: u8) -> Option<Duration> {
    let doublings = u32::from(wrong.checked_sub(FREE)?);
    let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
    let seconds = FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE);
    Some(Duration::from_secs(seconds.into()))
}

impl Bms {
    /// As whom a host on this port speaks now; `login` says whether its dialect can log in.
    #[must_use]
    pub fn role(&self, port: PortId, login: bool) -> Role {
        let legacy_writes = self.config.system().legacy_writes == 1;
        self.access.role(port, login, legacy_writes, self.now)
    }

    /// Whether the owner has set a password.
    pub(crate) const fn password_set(&self) -> bool {
        self.access.password.is_some()
    }

    pub(crate) fn log_in(
        &mut self,
        password: &Password,
        port: PortId,
        now: Instant,
    ) -> Result<(), Refusal> {
        let was_open = self.access.is_open(port, now);
        match self.access.try_password(port, password, now) {
            Ok(()) => {
                if !was_open {
                    self.tell_security(Happening::LoggedIn, port, None, now);
                }
                Ok(())
            }
            Err(Denied::Wrong(count)) => {
                self.tell_security(Happening::PasswordWrong, port, Some(count), now);
                Err(Refusal::WrongPassword)
            }
            Err(Denied::Shut(left)) => {
                let seconds = left.as_micros().div_ceil(1_000_000);
                Err(Refusal::TooManyTries { seconds: u16::try_from(seconds).unwrap_or(u16::MAX) })
            }
            Err(Denied::NoDoor) => Err(Refusal::NotSupported),
        }
    }

    pub(crate) fn set_password(
        &mut self,
        password: Password,
        port: PortId,
        now: Instant,
    ) -> Result<(), Refusal> {
        // A dialect that may write on without a login must not change what it never gave.
        if self.password_set() && !self.access.is_open(port, now) {
            return Err(Refusal::LoginFirst);
        }
        let next = Some(password).filter(|password| !password.is_factory());
        if self.access.password == next {
            return Ok(());
        }
        self.access.password = next;
        for (number, door) in (0_u8..).zip(&mut self.access.doors) {
            if number != port.0 {
                door.open_until = Instant::START;
            }
        }
        let what = if next.is_some() { Happening::PasswordSet } else { Happening::PasswordRemoved };
        self.tell_security(what, port, None, now);
        self.save(now);
        Ok(())
    }

    fn tell_security(&mut self, what: Happening, port: PortId, count: Option<u8>, now: Instant) {
        let line = Line::plain(RecordKind::Security, what).with_index(port.0);
        self.tell(Line { value: count.map(i32::from), ..line }, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: PortId = PortId(1);
    const THERE: PortId = PortId(2);

    fn secret() -> Password {
        Password::new("s3cret").unwrap()
    }

    fn wrong() -> Password {
        Password::new("guessed").unwrap()
    }

    fn at(seconds: u64) -> Instant {
        Instant::START + Duration::from_secs(seconds)
    }

    fn locked() -> Access {
        Access { password: Some(secret()), ..Access::default() }
    }

    #[test]
    fn without_a_password_everybody_on_a_wire_is_an_installer() {
        let access = Access::default();
        for login in [false, true] {
            assert_eq!(access.role(HERE, login, false, at(0)), Role::Installer);
        }
    }

    #[test]
    fn with_one_a_port_is_a_user_until_somebody_logs_in_there() {
        let mut access = locked();
        assert_eq!(access.role(HERE, true, false, at(0)), Role::User);
        assert_eq!(access.try_password(HERE, &secret(), at(0)), Ok(()));
        assert_eq!(access.role(HERE, true, false, at(0)), Role::Installer);
        assert_eq!(access.role(THERE, true, false, at(0)), Role::User, "another port");
        assert_eq!(access.role(HERE, false, false, at(0)), Role::User, "a dialect without a login");
    }

    #[test]
    fn a_dialect_without_a_login_writes_on_only_where_the_owner_lets_it() {
        let access = locked();
        assert_eq!(access.role(HERE, false, false, at(0)), Role::User);
        assert_eq!(access.role(HERE, false, true, at(0)), Role::Installer);
        assert_eq!(access.role(HERE, true, true, at(0)), Role::User, "it has a login: use it");
    }

    #[test]
    fn a_login_ends_ten_minutes_after_its_last_use() {
        let mut access = locked();
        assert_eq!(access.try_password(HERE, &secret(), at(0)), Ok(()));
        access.touch(HERE, at(599));
        assert!(access.is_open(HERE, at(599 + 599)));
        assert!(!access.is_open(HERE, at(599 + 600)));
        access.touch(HERE, at(599 + 600));
        assert!(!access.is_open(HERE, at(599 + 600)), "what has ended is not used");
    }

    #[test]
    fn a_login_ends_when_it_is_closed() {
        let mut access = locked();
        assert_eq!(access.try_password(HERE, &secret(), at(0)), Ok(()));
        access.close(HERE);
        assert!(!access.is_open(HERE, at(0)));
    }

    #[test]
    fn the_third_wrong_password_shuts_the_port_for_ten_seconds_and_each_further_one_twice_as_long()
    {
        let mut access = locked();
        for count in 1..=3 {
            assert_eq!(access.try_password(HERE, &wrong(), at(0)), Err(Denied::Wrong(count)));
        }
        let left = |seconds| Err(Denied::Shut(Duration::from_secs(seconds)));
        assert_eq!(access.try_password(HERE, &secret(), at(0)), left(10), "not even the right one");
        assert_eq!(access.try_password(HERE, &secret(), at(9)), left(1));
        assert_eq!(access.try_password(HERE, &wrong(), at(10)), Err(Denied::Wrong(4)));
        assert_eq!(access.try_password(HERE, &wrong(), at(29)), left(1));
        assert_eq!(access.try_password(HERE, &secret(), at(30)), Ok(()));
        assert_eq!(access.try_password(HERE, &wrong(), at(31)), Err(Denied::Wrong(1)), "anew");
    }

    #[test]
    fn a_port_that_is_shut_shuts_no_other() {
        let mut access = locked();
        for _ in 0..3 {
            let _ = access.try_password(HERE, &wrong(), at(0));
        }
        assert_eq!(access.try_password(THERE, &secret(), at(0)), Ok(()));
    }

    #[test]
    fn a_wrong_password_ends_a_login() {
        let mut access = locked();
        assert_eq!(access.try_password(HERE, &secret(), at(0)), Ok(()));
        assert_eq!(access.try_password(HERE, &wrong(), at(1)), Err(Denied::Wrong(1)));
        assert!(!access.is_open(HERE, at(1)));
    }

    #[test]
    fn no_pause_is_longer_than_an_hour() {
        let seconds = |wrong| pause(wrong).map(|pause| pause.as_secs());
        assert_eq!([seconds(2), seconds(3), seconds(4)], [None, Some(10), Some(20)]);
        assert_eq!(
            [seconds(11), seconds(12), seconds(255)],
            [Some(2_560), Some(3_600), Some(3_600)]
        );
    }

    #[test]
    fn a_port_beyond_the_last_has_no_login() {
        let mut access = locked();
        assert_eq!(access.try_password(PortId(23), &secret(), at(0)), Ok(()));
        assert_eq!(access.try_password(PortId(24), &secret(), at(0)), Err(Denied::NoDoor));
    }

    #[test]
    fn where_none_is_set_the_one_of_the_factory_is_right() {
        let mut access = Access::default();
        let factory = Password::new(Password::FACTORY).unwrap();
        assert_eq!(access.try_password(HERE, &factory, at(0)), Ok(()));
        assert_eq!(access.try_password(HERE, &wrong(), at(0)), Err(Denied::Wrong(1)));
        let mut access = locked();
        assert_eq!(access.try_password(HERE, &factory, at(0)), Err(Denied::Wrong(1)));
    }
}
