//! Passwords and logins on the ports of a whole board.

use cellward_core::Input;
use cellward_link::Framing;
use cellward_link::modbus::client::{command, last_answer};
use cellward_link::modbus::commands::LastAnswer;
use cellward_link::modbus::layout;
use cellward_node::{Node, RamStore};
use cellward_params::parameter::id;
use cellward_params::record::{Happening, Subject};
use cellward_params::{Command, Config, Password, PortId, RecordKind, Refusal, Role, Switch};
use cellward_units::{Duration, Instant};
use cellward_wire::modbus::{Area, Head, Reply, Request, reply_rtu};

const UART1: PortId = PortId(0);
const UART2: PortId = PortId(1);
/// A setting that only an installer may write: the heater starts at 4.0 or 5.0 °C.
const COLD: i32 = 40;
const COLDER: i32 = 50;

struct Board {
    node: Node<2>,
    now: Instant,
}

impl Board {
    fn new() -> Self {
        let config = Config::lifepo4(16);
        Self { node: Node::new(config, RamStore::default(), Instant::START), now: Instant::START }
    }

    /// One whose owner has set a password at the first port.
    fn locked() -> Self {
        let mut board = Self::new();
        assert_eq!(board.tell(UART1, Command::SetPassword(secret())), Ok(()));
        board
    }

    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.node.handle(Input::Tick, self.now);
    }

    fn ask(&mut self, port: PortId, bytes: &[u8]) -> Vec<u8> {
        self.node.receive(port, bytes, self.now);
        let mut buffer = [0; 512];
        let count = self.node.transmit(port, &mut buffer);
        buffer[..count].to_vec()
    }

    /// What the core said to a write in our own map.
    fn write(&mut self, port: PortId, request: &Request) -> Result<(), Refusal> {
        assert!(!self.ask(port, &request.emit_rtu(1)).is_empty(), "our own map always answers");
        let reply = self.ask(port, &last_answer().request().emit_rtu(1));
        let Head::Frame { body: Reply::Words { words, .. }, .. } = reply_rtu(&reply) else {
            panic!("{reply:?}");
        };
        LastAnswer::decode(&words).expect("there is an answer").result
    }

    fn tell(&mut self, port: PortId, what: Command) -> Result<(), Refusal> {
        self.write(port, &command(&what).expect("our map carries every command"))
    }

    fn heat_at(&mut self, port: PortId, raw: i32) -> Result<(), Refusal> {
        let start = layout::parameter(id::heater_on).expect("it has an address");
        let words = [0, u16::try_from(raw).expect("it is small")].into_iter().collect();
        self.write(port, &Request::WriteMany { start, words, byte_count: true })
    }

    /// Writes a limit in mV in the D2 dialect, which has no login, and says whether the board
    /// answered.
    fn legacy_limit(&mut self, millivolts: u16) -> bool {
        let request = Request::WriteOne { register: 0x8B, value: millivolts };
        !self.ask(UART1, &request.emit_rtu(0xD2)).is_empty()
    }

    fn legacy_password(&mut self, text: &str) -> bool {
        let words = text.as_bytes().chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        let words = words.collect();
        let request = Request::WriteMany { start: 0xC9, words, byte_count: false };
        !self.ask(UART1, &request.emit_rtu(0xD2)).is_empty()
    }

    fn password_registers(&mut self) -> Vec<u8> {
        let request = Request::Read { area: Area::Holding, start: 0xC9, count: 3 };
        self.ask(UART1, &request.emit_rtu(0xD2))[3..9].to_vec()
    }

    fn security(&mut self) -> Vec<(Happening, Option<u8>, Option<i32>)> {
        let mut all = Vec::new();
        while let Some(record) = self.node.poll_record() {
            if let (RecordKind::Security, Subject::Happening(what)) = (record.kind, record.subject)
            {
                all.push((what, record.index, record.value));
            }
        }
        all
    }
}

fn secret() -> Password {
    Password::new("s3cret!").expect("it is one")
}

fn wrong() -> Password {
    Password::new("guessed").expect("it is one")
}

fn refused_to_users() -> Result<(), Refusal> {
    Err(Refusal::Role { needed: Role::Installer })
}

//
#[test]
fn once_a_password_is_set_a_port_only_reads_until_it_is_given_there() {
    let mut board = Board::new();
    assert_eq!(board.heat_at(UART1, COLDER), Ok(()), "nobody has set one");
    assert_eq!(board.tell(UART1, Command::SetPassword(secret())), Ok(()));
    assert_eq!(board.heat_at(UART1, COLD), refused_to_users());
    assert_eq!(board.heat_at(UART2, COLD), refused_to_users());
    assert_eq!(board.tell(UART1, Command::Login(wrong())), Err(Refusal::WrongPassword));
    assert_eq!(board.heat_at(UART1, COLD), refused_to_users());
    assert_eq!(board.tell(UART1, Command::Login(secret())), Ok(()));
    assert_eq!(board.heat_at(UART1, COLD), Ok(()));
    assert_eq!(board.heat_at(UART2, COLDER), refused_to_users(), "nobody logged in there");
    let wanted = [
        (Happening::PasswordSet, Some(0), None),
        (Happening::PasswordWrong, Some(0), Some(1)),
        (Happening::LoggedIn, Some(0), None),
    ];
    assert_eq!(board.security(), wanted);
}

#[test]
fn a_user_still_switches_and_finds_the_board() {
    let mut board = Board::locked();
    let off = Command::AllowSwitch { switch: Switch::Charge, allowed: false };
    assert_eq!(board.tell(UART1, off), Ok(()));
    assert_eq!(board.tell(UART1, Command::Identify), Ok(()));
    assert_eq!(board.tell(UART1, Command::Restart), refused_to_users());
}

#[test]
fn logging_out_and_leaving_the_line_and_ten_quiet_minutes_end_a_login() {
    let mut board = Board::locked();
    let login = |board: &mut Board| {
        assert_eq!(board.tell(UART1, Command::Login(secret())), Ok(()));
        assert_eq!(board.heat_at(UART1, COLDER), Ok(()));
    };
    login(&mut board);
    assert_eq!(board.tell(UART1, Command::Logout), Ok(()));
    assert_eq!(board.heat_at(UART1, COLD), refused_to_users());

    login(&mut board);
    board.node.fit(UART1, Framing::Serial);
    assert_eq!(board.heat_at(UART1, COLD), refused_to_users());

    login(&mut board);
    board.pass(599);
    assert_eq!(board.heat_at(UART1, COLD), Ok(()), "and counts anew");
    board.pass(600);
    assert_eq!(board.heat_at(UART1, COLDER), refused_to_users());
}

#[test]
fn a_dialect_without_a_login_writes_on_only_where_the_owner_lets_it() {
    let mut board = Board::new();
    assert!(board.legacy_limit(3_560));
    assert_eq!(board.tell(UART1, Command::SetPassword(secret())), Ok(()));
    assert!(!board.legacy_limit(3_550));
    assert_eq!(board.tell(UART1, Command::Login(secret())), Ok(()));
    assert!(!board.legacy_limit(3_550), "a login in one dialect is none in another");
    let start = layout::parameter(id::legacy_writes).expect("it has an address");
    let words = [0, 1].into_iter().collect();
    let write = Request::WriteMany { start, words, byte_count: true };
    assert_eq!(board.write(UART1, &write), Ok(()));
    assert!(board.legacy_limit(3_550));
    assert_eq!(board.tell(UART1, Command::Logout), Ok(()));
    assert!(!board.legacy_password("654321"), "what it never gave it may not change");
}

//
#[test]
fn the_vendors_register_sets_the_password_once_and_never_tells_it() {
    let mut board = Board::new();
    assert_eq!(board.password_registers(), *b"123456");
    assert!(!board.legacy_password("      "), "spaces are no password");
    assert!(board.legacy_password("654321"));
    assert_eq!(board.password_registers(), [0; 6]);
    assert!(!board.legacy_password("111111"));
    let given = Password::new("654321").expect("it is one");
    assert_eq!(board.tell(UART2, Command::Login(given)), Ok(()));
}

//
#[test]
fn the_password_of_the_factory_takes_a_password_away() {
    let mut board = Board::locked();
    let none = Password::new(Password::FACTORY).expect("it is one");
    assert_eq!(board.tell(UART2, Command::SetPassword(none)), refused_to_users());
    assert_eq!(board.tell(UART2, Command::Login(secret())), Ok(()));
    assert_eq!(board.tell(UART2, Command::SetPassword(none)), Ok(()));
    assert_eq!(board.heat_at(UART1, COLDER), Ok(()));
    assert_eq!(board.password_registers(), *b"123456");
}

#[test]
fn a_new_password_ends_every_login_but_the_one_that_set_it() {
    let mut board = Board::locked();
    assert_eq!(board.tell(UART1, Command::Login(secret())), Ok(()));
    assert_eq!(board.tell(UART2, Command::Login(secret())), Ok(()));
    assert_eq!(board.tell(UART2, Command::SetPassword(wrong())), Ok(()));
    assert_eq!(board.heat_at(UART1, COLDER), refused_to_users());
    assert_eq!(board.heat_at(UART2, COLDER), Ok(()));
}

//
#[test]
fn after_three_wrong_passwords_not_even_the_right_one_is_looked_at_for_ten_seconds() {
    let mut board = Board::locked();
    for _ in 0..3 {
        assert_eq!(board.tell(UART1, Command::Login(wrong())), Err(Refusal::WrongPassword));
    }
    let wait = |seconds| Err(Refusal::TooManyTries { seconds });
    assert_eq!(board.tell(UART1, Command::Login(secret())), wait(10));
    // Whoever plugs in anew waits as well.
    board.node.fit(UART1, Framing::Serial);
    assert_eq!(board.tell(UART1, Command::Login(secret())), wait(10));
    board.pass(9);
    assert_eq!(board.tell(UART1, Command::Login(secret())), wait(1));
    board.pass(1);
    assert_eq!(board.tell(UART1, Command::Login(secret())), Ok(()));
}

#[test]
fn a_password_outlives_a_restart_and_a_factory_reset_and_a_login_does_not() {
    let mut board = Board::locked();
    assert_eq!(board.tell(UART1, Command::Login(secret())), Ok(()));
    assert_eq!(board.tell(UART1, Command::FactoryReset), Ok(()));
    assert_eq!(board.tell(UART1, Command::Restart), Ok(()));
    assert_eq!(board.heat_at(UART1, COLDER), refused_to_users());
    assert_eq!(board.tell(UART1, Command::Login(secret())), Ok(()));
    assert_eq!(board.heat_at(UART1, COLDER), Ok(()));
}

#[test]
fn no_text_of_the_board_holds_the_password() {
    let mut board = Board::locked();
    assert_eq!(board.tell(UART1, Command::Login(secret())), Ok(()));
    let mut text = format!("{:?}", board.node);
    while let Some(record) = board.node.poll_record() {
        text.push_str(&format!("{record:?}"));
    }
    let numbers = format!("{:?}", b"s3cret!");
    let shown = [numbers.trim_matches(['[', ']']), "s3cret!"].map(|form| text.contains(form));
    assert_eq!(shown, [false; 2], "neither as numbers nor as a text");
}
