//! The owner's password: where it comes from, and `cellward set-password`.
//!
//! It is never an argument: arguments stand in the history of the shell and in the list of
//! processes.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::PathBuf;

use cellward_params::{Command, Password};

use super::device::DeviceArgs;
use super::orders::order;
use super::{Exit, complain};

/// The variable that may hold the password.
const VARIABLE: &str = "CELLWARD_PASSWORD";

/// Where the owner's password stands.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct OwnerArgs {
    /// File whose first line is the owner's password; without it, `CELLWARD_PASSWORD` is taken.
    /// It crosses the wire as it is, and only in dialects that have a login
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Options of `cellward set-password`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PasswordArgs {
    #[command(flatten)]
    device: DeviceArgs,
    /// Take the password away: whoever is on a wire may then write
    #[arg(long)]
    remove: bool,
    /// Tell it even in a way that nobody has proven
    #[arg(long)]
    unproven: bool,
}

impl OwnerArgs {
    /// The password that was given, if one was.
    ///
    /// # Errors
    ///
    /// A sentence about a file that cannot be read, or a text that can be no password.
    pub(crate) fn password(&self) -> Result<Option<Password>, String> {
        let (text, place) = match (&self.password_file, std::env::var(VARIABLE)) {
            (Some(path), _) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                (text.lines().next().unwrap_or_default().to_owned(), path.display().to_string())
            }
            (None, Ok(text)) if !text.is_empty() => (text, VARIABLE.to_owned()),
            (None, _) => return Ok(None),
        };
        Password::new(text.trim()).map(Some).map_err(|why| format!("{place}: {why}"))
    }
}

/// Sets the password, or takes it away.
pub(crate) fn set_password(args: &PasswordArgs) -> Exit {
    let password = if args.remove {
        Password::new(Password::FACTORY).map_err(|why| why.to_string())
    } else {
        new_password()
    };
    match password {
        Ok(password) => order(&args.device, args.unproven, Command::SetPassword(password)),
        Err(why) => {
            complain(&why);
            Exit::Usage
        }
    }
}

/// Asks for the new password, twice; what is not typed is taken as it is.
fn new_password() -> Result<Password, String> {
    let text = if io::stdin().is_terminal() {
        let ask = |question| {
            rpassword::prompt_password(question).map_err(|error| format!("no password: {error}"))
        };
        let text = ask("New password: ")?;
        if ask("Once more: ")? != text {
            return Err("the two are not the same; nothing was changed".to_owned());
        }
        text
    } else {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(|error| format!("no password: {error}"))?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    let password = Password::new(&text).map_err(|why| why.to_string())?;
    if password.is_factory() {
        return Err("everybody knows that one; --remove takes the password away".to_owned());
    }
    Ok(password)
}
