//! `cellward demo`: a simulated pack guarded by the real core, with its wires and its page.
//!
//! The page lives in the same process as the board and only looks, so it does not keep the board
//! awake; a program on a wire does. The wait for sleep runs in simulated time like everything else
//! that the board does: at the usual scale an hour is a minute.

mod clock;
mod director;
mod wires;
mod world;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, bail};
use cellward_host::Local;
use cellward_params::Chemistry;
use cellward_sim::{Framing, Injection, PORTS, Setup, Sim, Story, Way};
use cellward_units::Duration as Span;
use cellward_web::{AppState, Control, ControlError, ControlState};

use crate::file::write_whole;
use crate::span::span;
use clock::Wall;
use director::Director;
use wires::{Outlets, Wiring};
use world::{Message, Shown, World};

/// How much of the solar day has already been lived when the page opens.
const PAST: Span = Span::from_secs(4 * 3_600);

/// Options of `cellward demo`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// Virtual seconds per second of wall time
    #[arg(long, value_name = "N", default_value = "60", value_parser = parse_scale,
          allow_negative_numbers = true)]
    time_scale: f64,
    /// Seed of all chance: the same seed tells the same story
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<u64>,
    /// Cells in series
    #[arg(long, value_name = "3..24", value_parser = clap::value_parser!(u8).range(3..=24))]
    cells: Option<u8>,
    /// Chemistry of the cells
    #[arg(long, value_name = "lfp|nmc|lto", value_parser = parse_chemistry)]
    chemistry: Option<Chemistry>,
    /// A story of your own instead of the solar day (see `scenarios/`)
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Where the page is served; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8420")]
    listen: SocketAddr,
    /// Writes a JSON file that says where everything is, once everything is up
    #[arg(long, value_name = "FILE")]
    ports_file: Option<PathBuf>,
    /// For scripts: prints nothing but errors
    #[arg(long)]
    headless: bool,
    /// Ends by itself after this much wall time, such as 10s, 5min or 2h
    #[arg(long = "for", value_name = "TIME", value_parser = span,
          allow_hyphen_values = true)]
    run_for: Option<Duration>,
}

/// Runs the demonstration until Ctrl-C, or for as long as it was asked to.
pub(crate) fn run(args: &DemoArgs) -> anyhow::Result<()> {
    let setup = setup(args)?;
    let story = args.scenario.as_deref().map_or_else(|| "Solar day".to_owned(), story_name);
    let start_hour = setup.start_hour;
    let sim = Sim::new(setup).context("this pack cannot be simulated")?;

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("cannot start the web service")?;
    let listener = runtime.block_on(listen(args.listen))?;
    let page = listener.local_addr().context("cannot tell the address of the page")?;

    let wall = Wall::start();
    let stop = Arc::new(AtomicBool::new(false));
    let outlets = Outlets::new(PORTS);
    let (sender, inbox) = channel();
    let wiring =
        Wiring { wall, outlets: outlets.clone(), world: sender.clone(), stop: Arc::clone(&stop) };
    let mut threads = Vec::new();
    let mut ways = Vec::new();
    for way in Way::ALL {
        let mut pty = None;
        if way.framing() == Framing::Serial {
            let (path, more) = open_pty(&wiring, way)?;
            threads.extend(more);
            pty = path;
        }
        let (tcp, more) = wires::serve_tcp(&wiring, way)?;
        threads.extend(more);
        ways.push(Place { way, pty, tcp });
    }

    let (local, feed) = Local::new();
    let shown = Shown::default();
    let control = Buttons { shown: shown.clone(), world: std::sync::Mutex::new(sender) };
    let state = AppState::new(Arc::new(local)).with_control(Arc::new(control));
    let stopping = Arc::clone(&stop);
    let run_for = args.run_for;
    let serving = runtime.spawn(async move {
        let ended = wait_for_end(run_for);
        let result = cellward_web::serve(listener, state, async move {
            ended.await;
            stopping.store(true, Ordering::Relaxed);
        });
        result.await
    });

    let past = if args.scenario.is_some() { Span::ZERO } else { PAST };
    let mut world = World {
        sim,
        start_hour,
        director: Director::new(args.time_scale),
        story,
        feed,
        outlets,
        inbox,
        shown,
        wall,
        stop: Arc::clone(&stop),
    };
    let (ready, lived) = channel();
    threads.push(std::thread::spawn(move || {
        world.live_through(past);
        // Nobody waits any more when the demonstration was ended meanwhile.
        let _nobody = ready.send(());
        world.run();
    }));
    lived.recv().context("the simulation has ended")?;

    let places = Places { page, ways };
    if let Some(file) = &args.ports_file {
        write_ports(file, &places)?;
    }
    if !args.headless {
        greet(&places, args.time_scale)?;
    }
    let served = runtime.block_on(serving).context("the web service broke")?;
    stop.store(true, Ordering::Relaxed);
    join(threads)?;
    served.context("the web service failed")
}

/// Where everything is.
struct Places {
    page: SocketAddr,
    ways: Vec<Place>,
}

/// Where one way into the board is.
struct Place {
    way: Way,
    pty: Option<String>,
    tcp: SocketAddr,
}

/// The setup from the scenario, if there is one, and the options, which come first.
fn setup(args: &DemoArgs) -> anyhow::Result<Setup> {
    let mut setup = match &args.scenario {
        None => Setup::default(),
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the scenario {}", path.display()))?;
            let story = Story::parse(&text)
                .with_context(|| format!("the scenario {} is refused", path.display()))?;
            Setup::from(story)
        }
    };
    setup.seed = args.seed.unwrap_or(setup.seed);
    setup.cells = args.cells.unwrap_or(setup.cells);
    setup.chemistry = args.chemistry.unwrap_or(setup.chemistry);
    Ok(setup)
}

fn story_name(path: &Path) -> String {
    path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

async fn listen(address: SocketAddr) -> anyhow::Result<tokio::net::TcpListener> {
    tokio::net::TcpListener::bind(address).await.with_context(|| {
        format!(
            "cannot serve the page at {address}: choose another place with --listen, such as \
             --listen 127.0.0.1:0"
        )
    })
}

/// Ends on Ctrl-C, on SIGTERM, or after the time that was asked for.
async fn wait_for_end(run_for: Option<Duration>) {
    let time = async {
        match run_for {
            Some(time) => tokio::time::sleep(time).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = time => {}
        () = interrupted() => {}
    }
}

/// Ctrl-C or SIGTERM.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                // Without a handler for Ctrl-C the default one ends the process, which is what
                // was asked for.
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
fn open_pty(wiring: &Wiring, way: Way) -> anyhow::Result<(Option<String>, Vec<JoinHandle<()>>)> {
    let (path, threads) = wires::serve_pty(wiring, way)?;
    Ok((Some(path), threads))
}

#[cfg(not(unix))]
fn open_pty(_wiring: &Wiring, _way: Way) -> anyhow::Result<(Option<String>, Vec<JoinHandle<()>>)> {
    Ok((None, Vec::new()))
}

/// Writes the file for scripts: whole or not at all.
fn write_ports(file: &Path, places: &Places) -> anyhow::Result<()> {
    let mut ports = serde_json::Map::new();
    ports.insert("web".to_owned(), format!("http://{}", places.page).into());
    for Place { way, pty, tcp } in &places.ways {
        let mut place = serde_json::Map::new();
        if way.framing() == Framing::Serial {
            place.insert("pty".to_owned(), pty.clone().into());
        }
        place.insert("tcp".to_owned(), tcp.to_string().into());
        ports.insert(way.key().to_owned(), place.into());
    }
    let ports = serde_json::Value::Object(ports);
    write_whole(file, &format!("{ports:#}\n"))
        .with_context(|| format!("cannot write {}", file.display()))
}

fn greet(places: &Places, time_scale: f64) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "A simulated pack is being guarded, {time_scale} times as fast as real life.\n")?;
    writeln!(out, "  page      http://{}", places.page)?;
    for Place { way, pty, tcp } in &places.ways {
        let name = way.key().to_uppercase();
        match (way.framing(), pty) {
            (Framing::Serial, Some(pty)) => {
                writeln!(out, "  {name:<8}  serial:{pty}  or  tcp:{tcp}")?;
            }
            (Framing::Serial, None) => writeln!(out, "  {name:<8}  tcp:{tcp}")?,
            (Framing::ModbusTcp, _) => writeln!(out, "  {name:<8}  tcp:{tcp}?dialect=modbus-tcp")?,
        }
    }
    writeln!(out)?;
    let device = places.ways.first().map_or_else(String::new, |place| {
        let tcp = format!("tcp:{}", place.tcp);
        place.pty.as_ref().map_or(tcp, |pty| format!("serial:{pty}"))
    });
    writeln!(out, "Read it from another terminal:  cellward read --device {device}")?;
    writeln!(out, "Ctrl-C ends it.")?;
    out.flush()?;
    Ok(())
}

fn join(threads: Vec<JoinHandle<()>>) -> anyhow::Result<()> {
    for thread in threads {
        if thread.join().is_err() {
            bail!("a part of the demonstration broke; it has told why above");
        }
    }
    Ok(())
}

/// The page's buttons, wired to the simulation.
struct Buttons {
    shown: Shown,
    world: std::sync::Mutex<Sender<Message>>,
}

impl Control for Buttons {
    fn state(&self) -> ControlState {
        self.shown.get()
    }

    fn press(&self, key: &str) -> Result<(), ControlError> {
        let message = if key == "skip" {
            Message::Skip
        } else {
            Message::Press(Injection::from_key(key).ok_or(ControlError::Unknown)?)
        };
        let world = self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        world
            .send(message)
            .map_err(|_| ControlError::Refused("the demonstration has ended".to_owned()))
    }
}

fn parse_scale(text: &str) -> Result<f64, String> {
    let scale: f64 = text.parse().map_err(|_| "it must be a number".to_owned())?;
    if (0.01..=100_000.0).contains(&scale) {
        Ok(scale)
    } else {
        Err("it must lie between 0.01 and 100000".to_owned())
    }
}

fn parse_chemistry(text: &str) -> Result<Chemistry, String> {
    Chemistry::ALL
        .iter()
        .copied()
        .find(|chemistry| chemistry.key() == text)
        .ok_or_else(|| "it must be lfp, nmc or lto".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_that_are_no_scales_are_refused() {
        assert_eq!(parse_scale("60"), Ok(60.0));
        for bad in ["0", "-1", "nan", "inf", "100001", "fast"] {
            assert!(parse_scale(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn chemistries_go_by_their_keys() {
        assert_eq!(parse_chemistry("nmc"), Ok(Chemistry::Nmc));
        assert!(parse_chemistry("NiCd").is_err());
    }
}
