//! The ways into the simulated board as others see them: for each serial line a pty and a TCP port,
//! paced at 9600 baud, and a TCP port for Modbus TCP.
//!
//! A wire has one end, so the pty and every TCP connection have a session of their own on the
//! board; all of them answer from the same battery.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use cellward_params::PortId;
use cellward_sim::{Framing, Way};

use super::clock::{Wall, wait};
use super::world::Message;

/// One byte at 9600 baud: ten bits.
const BYTE_TIME: Duration = Duration::from_nanos(1_041_667);
/// More than this at once is a flood, not a request: it is passed on without pacing, so that
/// whoever sends it is not kept waiting for hours.
const LONGEST_PACED: usize = 64;
/// How often a blocked thread looks whether the demonstration has ended.
const LOOK: Duration = Duration::from_millis(50);
/// How many bytes leave at once.
const PIECE: usize = 4;
/// How many answers wait for a slow wire. More than that is a flood of requests, of which a board
/// loses some too; kept, they would be answered for hours after anybody still wants to know.
const WAITING: usize = 16;
/// A client that has said its last word may still want to hear the answer: it gets it for as long.
const LAST_ANSWER: Duration = Duration::from_millis(200);
/// A client that takes nothing for so long has gone.
const PATIENCE: Duration = Duration::from_secs(1);

/// The way out of one port, while something listens there.
type Outlet = Option<SyncSender<Vec<u8>>>;

/// Where the bytes of the board's ports go. A port without a listener loses them, as a wire does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outlets {
    senders: Arc<Mutex<Vec<Outlet>>>,
}

impl Outlets {
    pub(crate) fn new(ports: usize) -> Self {
        Self { senders: Arc::new(Mutex::new(vec![None; ports])) }
    }

    /// Sends bytes out of a port.
    pub(crate) fn send(&self, port: PortId, bytes: Vec<u8>) {
        let senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Some(sender)) = senders.get(usize::from(port.0)) {
            // A listener that has just gone or is far behind loses the bytes.
            let _lost = sender.try_send(bytes);
        }
    }

    /// Takes the first free port of these.
    fn open(&self, among: Range<u8>) -> Option<(PortId, Receiver<Vec<u8>>)> {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        let (port, slot) = senders
            .iter_mut()
            .enumerate()
            .take(usize::from(among.end))
            .skip(usize::from(among.start))
            .find(|(_, slot)| slot.is_none())?;
        let (sender, receiver) = sync_channel(WAITING);
        *slot = Some(sender);
        Some((PortId(u8::try_from(port).ok()?), receiver))
    }

    fn close(&self, port: PortId) {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = senders.get_mut(usize::from(port.0)) {
            *slot = None;
        }
    }
}

/// What the threads of the wires share.
#[derive(Clone, Debug)]
pub(crate) struct Wiring {
    pub(crate) wall: Wall,
    pub(crate) outlets: Outlets,
    pub(crate) world: Sender<Message>,
    pub(crate) stop: Arc<AtomicBool>,
}

impl Wiring {
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Takes a port that is free now or soon.
    fn free_port(&self, among: &Range<u8>) -> Option<(PortId, Receiver<Vec<u8>>)> {
        let give_up = self.wall.elapsed() + LAST_ANSWER * 2;
        loop {
            let free = self.outlets.open(among.clone());
            if free.is_some() || self.stopped() || self.wall.elapsed() >= give_up {
                return free;
            }
            wait(LAST_ANSWER / 10);
        }
    }

    /// Passes bytes on to the board after the time they take on the wire. `free_at` is when the
    /// last byte before them had arrived.
    fn deliver(&self, (way, port): (Way, PortId), bytes: &[u8], free_at: &mut Duration) {
        if way.framing() == Framing::Serial && bytes.len() <= LONGEST_PACED {
            let now = self.wall.elapsed();
            *free_at = now.max(*free_at) + BYTE_TIME * u32::try_from(bytes.len()).unwrap_or(1);
            wait(free_at.saturating_sub(now));
        }
        // The world ends before its wires only when everything ends.
        let _ended = self.world.send(Message::Bytes { port, bytes: bytes.to_vec() });
    }

    /// Writes what the board sends, paced, until the port is closed and all is sent, `write` fails
    /// or everything ends.
    fn send_paced(&self, way: Way, from: &Receiver<Vec<u8>>, mut write: impl FnMut(&[u8]) -> bool) {
        let mut free_at = Duration::ZERO;
        while !self.stopped() {
            let bytes = match from.recv_timeout(LOOK) {
                Ok(bytes) => bytes,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if way.framing() != Framing::Serial {
                if !write(&bytes) {
                    return;
                }
                continue;
            }
            for piece in bytes.chunks(PIECE) {
                let now = self.wall.elapsed();
                let time = BYTE_TIME * u32::try_from(piece.len()).unwrap_or(1);
                free_at = now.max(free_at) + time;
                wait(free_at.saturating_sub(now));
                if !write(piece) {
                    return;
                }
            }
        }
    }
}

/// Opens the TCP side of a way and serves it; returns its address and its threads.
pub(crate) fn serve_tcp(
    wiring: &Wiring,
    way: Way,
) -> anyhow::Result<(SocketAddr, Vec<JoinHandle<()>>)> {
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .with_context(|| format!("cannot open a TCP port for {}", way.key()))?;
    listener.set_nonblocking(true).context("cannot set up a TCP port")?;
    let address = listener.local_addr().context("cannot tell a TCP port")?;
    let wiring = wiring.clone();
    let Range { start, end } = way.ports();
    // The first port of a serial line is the pty's.
    let among = if way.framing() == Framing::Serial { start + 1..end } else { start..end };
    let acceptor = std::thread::spawn(move || {
        let mut clients = Vec::new();
        while !wiring.stopped() {
            match listener.accept() {
                // A connection beyond the last port is closed again, but not before those have had
                // the time to end that only wait for their last answer.
                Ok((stream, _)) => match wiring.free_port(&among) {
                    Some((port, outlet)) => {
                        let framing = way.framing();
                        let _ended = wiring.world.send(Message::Opened { port, framing });
                        clients.extend(serve_client(&wiring, stream, (way, port), outlet))
                    }
                    None => drop(stream.shutdown(Shutdown::Both)),
                },
                Err(_) => wait(LOOK),
            }
            clients.retain(|client: &JoinHandle<()>| !client.is_finished());
        }
        for client in clients {
            // A client thread that panicked has told so on stderr.
            let _panicked = client.join();
        }
    });
    Ok((address, vec![acceptor]))
}

/// Serves one TCP connection with a reader and a writer; nothing is served when it breaks at once.
fn serve_client(
    wiring: &Wiring,
    stream: TcpStream,
    (way, port): (Way, PortId),
    outlet: Receiver<Vec<u8>>,
) -> Vec<JoinHandle<()>> {
    let set_up = || -> std::io::Result<TcpStream> {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LOOK))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.try_clone()
    };
    let Ok(mut output) = set_up() else {
        wiring.outlets.close(port);
        return Vec::new();
    };
    let mut input = stream;
    let reader = wiring.clone();
    let writer = wiring.clone();
    vec![
        std::thread::spawn(move || {
            let mut free_at = Duration::ZERO;
            let mut buffer = [0; 4_096];
            while !reader.stopped() {
                match input.read(&mut buffer) {
                    Ok(0) => {
                        wait(LAST_ANSWER);
                        break;
                    }
                    Ok(count) => reader.deliver((way, port), &buffer[..count], &mut free_at),
                    Err(error) if is_time_out(&error) => {}
                    Err(_) => break,
                }
            }
            reader.outlets.close(port);
        }),
        std::thread::spawn(move || {
            writer.send_paced(way, &outlet, |piece| output.write_all(piece).is_ok());
        }),
    ]
}

fn is_time_out(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Opens the pty side of a serial line and serves it; returns the path for others and its threads.
#[cfg(unix)]
pub(crate) fn serve_pty(
    wiring: &Wiring,
    way: Way,
) -> anyhow::Result<(String, Vec<JoinHandle<()>>)> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::{Mode, OFlags};
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

    let controller =
        openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).context("cannot open a pty")?;
    grantpt(&controller).context("cannot grant the pty")?;
    unlockpt(&controller).context("cannot unlock the pty")?;
    let path = ptsname(&controller, Vec::new()).context("cannot name the pty")?;
    let path = path.into_string().context("the name of the pty is no text")?;
    // Kept open for as long as the demonstration runs: without an open end the controller reads
    // errors instead of waiting for the next program.
    let device = rustix::fs::open(&path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty())
        .context("cannot open the other end of the pty")?;
    let mut settings = tcgetattr(&device).context("cannot read the settings of the pty")?;
    settings.make_raw();
    tcsetattr(&device, OptionalActions::Now, &settings).context("cannot make the pty raw")?;
    rustix::io::ioctl_fionbio(&controller, true).context("cannot set up the pty")?;

    let (port, outlet) =
        wiring.outlets.open(way.ports()).context("there is no port for the pty")?;
    let controller = Arc::new(controller);
    let (reader, writer) = (wiring.clone(), wiring.clone());
    let (from, to) = (Arc::clone(&controller), controller);
    let read = std::thread::spawn(move || {
        let _kept_open = device;
        let mut free_at = Duration::ZERO;
        let mut buffer = [0; 4_096];
        while !reader.stopped() {
            let mut ready = [PollFd::new(&*from, PollFlags::IN)];
            let look = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
            if !matches!(poll(&mut ready, Some(&look)), Ok(1..)) {
                continue;
            }
            match rustix::io::read(&*from, &mut buffer) {
                Ok(count) if count > 0 => {
                    reader.deliver((way, port), &buffer[..count], &mut free_at)
                }
                // Nothing there after all, or an end that was just closed: look again later.
                _ => wait(LOOK),
            }
        }
    });
    let write = std::thread::spawn(move || {
        writer.send_paced(way, &outlet, |piece| {
            // A full pty means that nobody reads: the bytes are lost, as on a wire.
            let _lost = rustix::io::write(&*to, piece);
            true
        });
    });
    Ok((path, vec![read, write]))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    /// Long enough for the slowest machine; only a failing test waits for it.
    const LIMIT: Duration = Duration::from_secs(20);

    fn wiring() -> (Wiring, Receiver<Message>) {
        let (world, inbox) = channel();
        let wall = Wall::start();
        let stop = Arc::new(AtomicBool::new(false));
        (Wiring { wall, outlets: Outlets::new(3), world, stop }, inbox)
    }

    #[test]
    fn the_writer_of_a_closed_port_sends_what_waits_and_ends() {
        let (wiring, _inbox) = wiring();
        let (port, outlet) = wiring.outlets.open(1..3).unwrap();
        wiring.outlets.send(port, vec![1, 2, 3]);
        wiring.outlets.close(port);
        let (ended, end) = channel();
        std::thread::spawn(move || {
            let mut sent = Vec::new();
            wiring.send_paced(Way::Uart1, &outlet, |piece| {
                sent.extend_from_slice(piece);
                true
            });
            ended.send(sent).unwrap();
        });
        assert_eq!(end.recv_timeout(LIMIT), Ok(vec![1, 2, 3]));
    }

    #[test]
    fn a_client_that_says_no_more_hears_its_answer_and_then_the_end() {
        let (wiring, inbox) = wiring();
        let (address, threads) = serve_tcp(&wiring, Way::Uart1).unwrap();
        let mut client = TcpStream::connect(address).unwrap();
        client.set_read_timeout(Some(LIMIT)).unwrap();
        client.write_all(b"what?").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let Ok(Message::Opened { .. }) = inbox.recv_timeout(LIMIT) else {
            panic!("nobody said that the port begins anew");
        };
        let Ok(Message::Bytes { port, bytes }) = inbox.recv_timeout(LIMIT) else {
            panic!("the question did not come through");
        };
        assert_eq!(bytes, b"what?");
        wiring.outlets.send(port, b"that".to_vec());
        let mut heard = Vec::new();
        client.read_to_end(&mut heard).unwrap();
        assert_eq!(heard, b"that");
        wiring.stop.store(true, Ordering::Relaxed);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }

    #[test]
    fn answers_beyond_what_may_wait_are_lost_and_a_free_port_is_used_again() {
        let outlets = Outlets::new(2);
        let (port, outlet) = outlets.open(1..2).unwrap();
        assert!(outlets.open(1..2).is_none());
        for _ in 0..WAITING + 5 {
            outlets.send(port, vec![0]);
        }
        assert_eq!(outlet.try_iter().count(), WAITING);
        outlets.close(port);
        assert_eq!(outlets.open(1..2).map(|(port, _)| port), Some(port));
    }
}
