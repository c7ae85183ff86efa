//! The runner: lets the story happen in virtual time and looks at everything that is expected.

use cellward_params::Snapshot;
use cellward_params::record::Switches;
use cellward_units::{Duration, Instant};

use super::claim::Look;
use super::event::{Event, moment};
use super::judge::Judge;
use super::{Broken, Outcome, Scenario};
use crate::answer::word_of;
use crate::sim::turns::Answered;
use crate::story::Asked;
use crate::{Setup, SetupError, Sim};

/// What is told while a scenario runs.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    /// Something happened. Events come in the order of time within a tick.
    Event(&'a Event),
    /// It is time for a sample.
    Sample(Instant, &'a Snapshot),
}

impl Scenario {
    /// Runs the scenario from its start to its end in virtual time.
    ///
    /// `sample_every` asks for samples at this distance, the first at the start. Quiet spans are
    /// hopped over where the sensors are ideal, because only then no measurement that is left out
    /// could have changed anything; the outcome is that of ticking through (tested).
    ///
    /// # Errors
    ///
    /// Refuses a pack whose numbers make no sense.
    pub fn run(
        &self,
        sample_every: Option<Duration>,
        tell: &mut dyn FnMut(Told<'_>),
    ) -> Result<Outcome, SetupError> {
        self.run_by(true, sample_every, tell)
    }

    /// As [`Self::run`]; without `hopping` every tick is gone through.
    pub(super) fn run_by(
        &self,
        hopping: bool,
        sample_every: Option<Duration>,
        tell: &mut dyn FnMut(Told<'_>),
    ) -> Result<Outcome, SetupError> {
        let setup = Setup::from(self.story.clone());
        let hopping = hopping && setup.ideal_sensors;
        let sim = Sim::new(setup)?;
        let end = self.end();
        let judges: Vec<_> =
            self.expectations.iter().map(|expectation| Judge::new(expectation, end)).collect();
        let mut moments: Vec<Instant> = judges.iter().flat_map(Judge::moments).collect();
        moments.push(end);
        moments.sort_unstable();
        let commanded = sim.node().wanted().switches;
        let mut run =
            Run { sim, judges, events: Vec::new(), answers: Answers::default(), commanded };

        let mut next_sample = sample_every.map(|_| Instant::START);
        let mut moments = moments.into_iter().peekable();
        loop {
            run.look();
            let now = run.sim.now();
            if let (Some(due), Some(every)) = (&mut next_sample, sample_every)
                && now >= *due
            {
                tell(Told::Sample(now, &run.sim.snapshot()));
                *due = now + every.max(crate::TICK);
            }
            if now >= end {
                break;
            }
            while moments.next_if(|moment| *moment <= now).is_some() {}
            let until = moments.peek().copied().unwrap_or(end);
            let until = next_sample.map_or(until, |due| due.min(until));
            if hopping && !run.judges.iter().any(|judge| judge.needs_ticks(now)) {
                run.sim.step_jumping(until);
            } else {
                run.sim.tick();
            }
            run.gather(tell);
        }
        Ok(run.outcome())
    }
}

/// A scenario that is running.
struct Run<'a> {
    sim: Sim,
    judges: Vec<Judge<'a>>,
    events: Vec<Event>,
    answers: Answers,
    /// What the board wanted of the switches at the last look.
    commanded: Switches,
}

/// Answers that the story wanted.
#[derive(Default)]
struct Answers {
    held: usize,
    broken: Vec<Broken>,
}

impl Run<'_> {
    /// Takes in what happened in the last step.
    fn gather(&mut self, tell: &mut dyn FnMut(Told<'_>)) {
        let now = self.sim.now();
        let mut fresh = Vec::new();
        while let Some(answered) = self.sim.poll_answer() {
            fresh.push(self.answers.take(answered));
        }
        while let Some(record) = self.sim.poll_record() {
            fresh.push(Event::Record(Box::new(record)));
        }
        while let Some((at, switches)) = self.sim.poll_move() {
            let look = Look::new(&self.sim, at, switches);
            for judge in &mut self.judges {
                judge.look(&look, true);
            }
            fresh.push(Event::Moved { at, switches });
        }
        let commanded = self.sim.node().wanted().switches;
        if commanded != self.commanded {
            self.commanded = commanded;
            fresh.push(Event::Commanded { at: now, switches: commanded });
        }
        fresh.sort_by_key(Event::at);
        for event in fresh {
            for judge in &mut self.judges {
                judge.hear(&event);
            }
            tell(Told::Event(&event));
            self.events.push(event);
        }
    }

    /// Looks at everything as it is now.
    fn look(&mut self) {
        let look = Look::new(&self.sim, self.sim.now(), self.sim.switches());
        for judge in &mut self.judges {
            judge.look(&look, false);
        }
    }

    fn outcome(self) -> Outcome {
        let mut broken: Vec<Broken> =
            self.judges.iter().filter_map(|judge| judge.verdict(&self.events)).collect();
        let held = self.judges.len() - broken.len() + self.answers.held;
        broken.extend(self.answers.broken);
        broken.sort_by_key(|broken| broken.line);
        Outcome { held, broken, lived: self.sim.now().since(Instant::START) }
    }
}

impl Answers {
    /// Compares an answer with what the story wanted, and makes an event of it.
    fn take(&mut self, answered: Answered) -> Event {
        let Answered { at, line, ask, result } = answered;
        let asked = match &ask.what {
            Asked::Command(command) => command.key().to_owned(),
            Asked::Write(settings) => format!("write {} parameters", settings.0.len()),
        };
        let event = Event::Answered { at, asked: asked.clone(), result };
        match ask.answer {
            Some(wanted) if wanted == word_of(&result) => self.held += 1,
            Some(wanted) => self.broken.push(Broken {
                line,
                expected: format!("the answer {wanted} to {asked} at {}", moment(at)),
                happened: format!("the answer was {}", word_of(&result)),
                near: vec![event.to_string()],
            }),
            None => {}
        }
        event
    }
}
