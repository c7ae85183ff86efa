//! What every command that speaks to a board shares.

use std::time::Duration;

use cellward_host::{
    Board, DeviceUrl, DoError, Options, Transport, Wire, open_board_over, open_transport,
};

use super::password::OwnerArgs;
use super::{Exit, complain, detail, simulated};
use crate::span::up_to_a_day;
use cellward_params::{Command, Refusal};

/// Where the board is, and how long it may take.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DeviceArgs {
    /// Where the board is: `serial:/dev/ttyUSB0[?baud=9600&board=1&dialect=a5]`, tcp:host:port, or
    /// sim: for a simulated one
    #[arg(long, value_name = "URL", env = "CELLWARD_DEVICE")]
    pub(crate) device: DeviceUrl,
    /// How long the whole command may take
    #[arg(long, value_name = "TIME", default_value = "30", value_parser = up_to_a_day)]
    pub(crate) timeout: Duration,
    #[command(flatten)]
    owner: OwnerArgs,
}

/// Opens a way to a board; what goes wrong has been told then.
pub(super) fn open_way(url: &DeviceUrl) -> Result<Box<dyn Transport>, Exit> {
    let opened = match url.wire {
        Wire::Sim => simulated::open(url.dialect).map_err(|error| error.to_string()),
        _ => open_transport(url).map_err(|error| error.to_string()),
    };
    opened.map_err(|error| {
        complain(&error);
        Exit::Nothing
    })
}

/// A simulated board is not asked what it speaks: the way to it was made for one dialect.
pub(super) fn spoken_with(url: &DeviceUrl) -> DeviceUrl {
    let mut url = url.clone();
    if url.wire == Wire::Sim && url.dialect.is_none() {
        url.dialect = Some(simulated::DIALECT);
    }
    url
}

impl DeviceArgs {
    /// Opens the way to the board; what goes wrong has been told then.
    pub(crate) fn open(&self) -> Result<Box<dyn Board>, Exit> {
        let transport = open_way(&self.device)?;
        Ok(open_board_over(transport, &spoken_with(&self.device), Options::default()))
    }

    /// Opens the way to the board, does something there, and tells what went wrong.
    pub(crate) fn run(
        &self,
        work: impl FnOnce(&mut dyn Board, Duration) -> Result<Exit, DoError>,
    ) -> Exit {
        let mut board = match self.open() {
            Ok(board) => board,
            Err(exit) => return exit,
        };
        let _waiting = super::progress::after_a_while("asking the board");
        let result = work(&mut *board, self.timeout);
        if let Some(dialect) = board.dialect() {
            detail(&format!("{}: the board speaks {}", self.device, dialect.key()));
        }
        match result {
            Ok(exit) => exit,
            Err(error) => self.tell(&error),
        }
    }

    /// As [`run`](Self::run), for what an owner may do alone: logs in first where a password was
    /// given and the dialect has a login.
    pub(crate) fn run_as_owner(
        &self,
        work: impl FnOnce(&mut dyn Board, Duration) -> Result<Exit, DoError>,
    ) -> Exit {
        let password = match self.owner.password() {
            Ok(password) => password,
            Err(why) => {
                complain(&why);
                return Exit::Usage;
            }
        };
        self.run(|board, timeout| {
            let end = board.now() + timeout;
            if let Some(password) = password {
                match board.command(&Command::Login(password), false, timeout) {
                    Err(DoError::NotCarried { dialect, .. }) => {
                        detail(&format!(
                            "{} has no login; the password was not sent",
                            dialect.key()
                        ));
                    }
                    done => done?,
                }
            }
            let left = end.saturating_sub(board.now());
            let done = work(board, left);
            if password.is_none()
                && let Err(DoError::Refused(Refusal::Role { .. } | Refusal::LoginFirst)) = done
            {
                complain("give the owner's password with --password-file or CELLWARD_PASSWORD");
            }
            done
        })
    }

    /// Tells why something was not done.
    pub(crate) fn tell(&self, error: &DoError) -> Exit {
        complain(&format!("{}: {error}", self.device));
        match error {
            DoError::Unproven { .. } => Exit::Usage,
            DoError::Unreachable(_) | DoError::Cut(_) => Exit::Nothing,
            _ => Exit::Refused,
        }
    }
}
