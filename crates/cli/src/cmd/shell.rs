//! `cellward completions` and `cellward man`: help for shells and readers.

use std::path::PathBuf;

use clap_complete::Shell;

use super::{Exit, complain};

/// Options of `cellward completions`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Options of `cellward man`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// The folder that the manual pages are written to
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

/// Prints the completion script of a shell.
pub(crate) fn completions(args: &CompletionsArgs, mut command: clap::Command) -> Exit {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    super::print(&String::from_utf8_lossy(&script));
    Exit::Done
}

/// Writes a manual page for the program and each of its commands.
pub(crate) fn man(args: &ManArgs, command: clap::Command) -> Exit {
    let written = std::fs::create_dir_all(&args.dir)
        .and_then(|()| clap_mangen::generate_to(command, &args.dir));
    match written {
        Ok(()) => Exit::Done,
        Err(error) => {
            complain(&format!("cannot write to {}: {error}", args.dir.display()));
            Exit::Usage
        }
    }
}
