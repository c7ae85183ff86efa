//! A demo that runs while something looks at it.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::run::{cargo, command, show, target};

/// How long the demo may take until everything is up.
const START_LIMIT: Duration = Duration::from_secs(20);
/// How long it may take to end once it was asked to.
const END_LIMIT: Duration = Duration::from_secs(10);
/// How often a running process is looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// A running demo; ends when dropped.
pub(crate) struct Demo {
    process: Child,
    /// Address of the page, as `http://host:port`.
    pub(crate) web: String,
    /// Path of the pty behind which UART1 answers.
    pub(crate) pty: String,
}

/// Builds the release binary and says where it is.
pub(crate) fn build() -> Result<PathBuf> {
    show(cargo(["build", "--release", "--locked", "--quiet", "--package", "cellward"]))?;
    Ok(target().join("release/cellward"))
}

impl Demo {
    /// Starts the demo on free ports and waits until everything is up.
    pub(crate) fn start(time_scale: u32) -> Result<Self> {
        let binary = build()?;
        let folder = target().join("xtask");
        std::fs::create_dir_all(&folder)?;
        let ports = folder.join(format!("ports-{}.json", std::process::id()));
        let _ = std::fs::remove_file(&ports);
        let mut demo: Command =
            command(&binary, ["demo", "--headless", "--listen", "127.0.0.1:0", "--seed", "1"]);
        demo.args(["--time-scale", &time_scale.to_string()]);
        demo.arg("--ports-file").arg(&ports);
        demo.stdout(Stdio::null());
        let mut process = demo.spawn().context("could not start the demo")?;
        let start = Instant::now();
        let places = loop {
            let text = std::fs::read_to_string(&ports).unwrap_or_default();
            if let Ok(places) = serde_json::from_str::<Value>(&text) {
                break places;
            }
            if let Some(status) = process.try_wait()? {
                bail!("the demo ended before it was up ({status})");
            }
            if start.elapsed() > START_LIMIT {
                let _ = process.kill();
                bail!("the demo wrote no ports file within {START_LIMIT:?}");
            }
            std::thread::sleep(GLANCE);
        };
        let _ = std::fs::remove_file(&ports);
        let text = |place: &Value| place.as_str().unwrap_or_default().to_owned();
        let (web, pty) = (text(&places["web"]), text(&places["uart1"]["pty"]));
        let demo = Self { process, web, pty };
        if demo.web.is_empty() || demo.pty.is_empty() {
            bail!("the ports file names no page or no pty: {places}");
        }
        Ok(demo)
    }

    /// The number of the process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Asks the demo to end as Ctrl-C does, and demands that it ends cleanly.
    pub(crate) fn stop(mut self) -> Result<()> {
        show(command("kill", ["-INT", &self.pid().to_string()]))?;
        let start = Instant::now();
        while start.elapsed() < END_LIMIT {
            if let Some(status) = self.process.try_wait()? {
                if status.success() {
                    return Ok(());
                }
                bail!("after Ctrl-C the demo ended with {status}");
            }
            std::thread::sleep(GLANCE);
        }
        bail!("the demo was still running {END_LIMIT:?} after Ctrl-C");
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Both fail when the process has ended already, which is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
