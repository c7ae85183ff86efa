//! Several hypotheses side by side: where the rest voltage is flat, more than one may be true.

use crate::elementary::{exp, ln, sqrt, unit};
use heapless::Vec;

use super::cell::Cell;
use super::hypothesis::{Hypothesis, Learnt, Look};
use super::tuning as tune;

/// Most hypotheses that are kept.
pub(super) const MOST: usize = 5;
/// Places where a hypothesis may be put when it is looked around: 0 to 1 in steps of a twentieth.
const PLACES: u8 = 20;

/// The hypotheses; at least one.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Bank {
    /// Time until it may be looked around again, in s.
    patience: f32,
    hypotheses: Vec<Hypothesis, MOST>,
}

/// Where hypotheses begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Start {
    /// At the charge alone, which is known.
    Here,
    /// There and around, as a remembered charge may be far off.
    Around,
}

/// Mean and one sigma of the charge.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Belief {
    pub(super) soc: f32,
    pub(super) sigma: f32,
}

impl Bank {
    /// From a charge, or over everything where there is none, with what was learnt before.
    pub(super) fn new(
        remembered: Option<Belief>,
        start: Start,
        learnt: Option<&Learnt>,
        cell: &Cell<'_>,
    ) -> Self {
        let middle = remembered.map_or(0.5, |belief| belief.soc);
        let gap = if remembered.is_some() { tune::GAP } else { 0.22 };
        let mut hypotheses = Vec::new();
        for step in [-2.0_f32, -1.0, 0.0, 1.0, 2.0] {
            let soc = middle + step * gap;
            let here = remembered.is_some() && step.abs() < 0.5;
            let outside = soc < -0.5 * gap || soc > 1.0 + 0.5 * gap;
            if !here && (outside || start == Start::Here) {
                continue;
            }
            let sigma = remembered.filter(|_| here).map_or(tune::NARROW, |belief| belief.sigma);
            let mut one = Hypothesis::fresh(unit(soc), sigma, cell);
            if let Some(learnt) = learnt {
                one = one.with(learnt);
            }
            if remembered.is_some() && !here {
                one.weight = ln(tune::WRONG_START);
            }
            // There are as many places as steps.
            let _full = hypotheses.push(one);
        }
        Self { hypotheses, patience: 1_200.0 }
    }

    /// What the cell holds over its profile was found out.
    pub(super) fn holds(&mut self, capacity: f32, sigma: f32, cell: &Cell<'_>) {
        self.hypotheses.iter_mut().for_each(|one| one.holds(capacity, sigma, cell));
    }

    /// The zero of the current channel was found out.
    pub(super) fn zero_found(&mut self, cell: &Cell<'_>) {
        self.hypotheses.iter_mut().for_each(|one| one.zero_found(cell));
    }

    /// Takes a look in.
    pub(super) fn look(&mut self, look: &Look, cell: &Cell<'_>) {
        for one in &mut self.hypotheses {
            one.predict(look, cell);
            one.update(look, cell);
        }
        self.patience = (self.patience - look.seconds).max(0.0);
        self.tidy(look, cell);
    }

    /// The strongest hypothesis.
    pub(super) fn best(&self) -> Option<&Hypothesis> {
        self.hypotheses.iter().max_by(|a, b| a.weight.total_cmp(&b.weight))
    }

    /// What all of them say together.
    pub(super) fn belief(&self) -> Belief {
        let strongest = self.best().map_or(0.0, |one| one.weight);
        // The figure leans to the strongest, so that weak ideas elsewhere do not pull a good one aside;
        // the bounds are those of all.
        let (mut lean, mut weight, mut soc) = (0.0, 0.0, 0.0);
        for one in &self.hypotheses {
            let share = exp(one.weight - strongest);
            let leant = exp(tune::LEAN * (one.weight - strongest));
            weight += share;
            lean += leant;
            soc += leant * one.soc();
        }
        let soc = soc / lean;
        let mut variance = 0.0;
        for one in &self.hypotheses {
            let apart = one.soc() - soc;
            variance += exp(one.weight - strongest) / weight * (one.variance() + apart * apart);
        }
        let honest =
            tune::HONESTY * tune::HONESTY * variance + tune::NEVER_SURER * tune::NEVER_SURER;
        Belief { soc, sigma: sqrt(honest) }
    }

    /// Gives up what is hopeless, merges what has become one, and looks around when nobody explains
    /// the voltage.
    fn tidy(&mut self, look: &Look, cell: &Cell<'_>) {
        // What is no number is passed over here, and is hopeless below.
        let strongest = self.hypotheses.iter().fold(f32::MIN, |most, one| most.max(one.weight));
        for one in &mut self.hypotheses {
            one.weight -= strongest;
        }
        self.sort();
        self.merge();
        if self.hypotheses.is_empty() {
            *self = Self::new(None, Start::Around, None, cell);
        }
        let best = self.best().filter(|best| best.doubt > tune::DOUBT).copied();
        if let (true, Some(best)) = (self.patience < f32::MIN_POSITIVE, best) {
            self.look_around(&best, look, cell);
            self.patience = tune::LOOK_AROUND_S;
        }
    }

    /// Puts hypotheses where there are none, those first that explain the voltage best.
    #[inline(never)]
    fn look_around(&mut self, best: &Hypothesis, look: &Look, cell: &Cell<'_>) {
        let idea = |place: u8| {
            let soc = f32::from(place) / f32::from(PLACES);
            let far = (soc - best.soc()) / best.sigma().max(0.02);
            let mut one = best.elsewhere(soc, cell);
            one.weight = best.weight - (0.5 * far * far).min(tune::LONG_SHOT);
            one
        };
        let free = |place: u8| {
            let soc = f32::from(place) / f32::from(PLACES);
            self.hypotheses.iter().all(|one| (one.soc() - soc).abs() > tune::NARROW / 2.0)
        };
        // Only scores are kept meanwhile: a hypothesis is large.
        let mut scores = [f32::INFINITY; PLACES as usize + 1];
        for (place, score) in (0..).zip(&mut scores) {
            if free(place) {
                let one = idea(place);
                *score = one.misfit(look, cell) - one.weight;
            }
        }
        while !self.hypotheses.is_full() {
            let (mut least, mut at) = (f32::INFINITY, None);
            for (place, score) in (0..).zip(&mut scores) {
                if *score < least {
                    (least, at) = (*score, Some((place, score)));
                }
            }
            let Some((place, score)) = at else {
                return;
            };
            *score = f32::INFINITY;
            // It is not full.
            let _room = self.hypotheses.push(idea(place));
        }
    }

    /// Sorts by charge. They are few and nearly sorted, and large: the library's sorts are longer than
    /// all of this file.
    #[inline(never)]
    fn sort(&mut self) {
        let all = self.hypotheses.as_mut_slice();
        for end in 1..all.len() {
            for at in (1..=end).rev() {
                let Some([before, after]) = all.get_mut(at.saturating_sub(1)..=at) else {
                    break;
                };
                if before.soc().total_cmp(&after.soc()).is_le() {
                    break;
                }
                core::mem::swap(before, after);
            }
        }
    }

    /// Neighbours that are closer than their own width are one.
    #[inline(never)]
    fn merge(&mut self) {
        let mut kept: Vec<Hypothesis, MOST> = Vec::new();
        for one in self.hypotheses.iter().filter(|one| one.weight > tune::HOPELESS) {
            if let Some(last) = kept.last_mut() {
                let apart = one.soc() - last.soc();
                if apart < (0.7 * one.sigma().min(last.sigma())).max(0.004) {
                    *last = last.merged(one);
                    continue;
                }
            }
            // There are no more than before.
            let _full = kept.push(*one);
        }
        self.hypotheses = kept;
    }
}

#[cfg(test)]
mod tests {
    use cellward_cell::Profile;

    use super::*;

    #[test]
    fn a_hypothesis_whose_weight_is_no_number_is_given_up() {
        let cell = Cell::new(&Profile::LFP, 100.0);
        let mut bank =
            Bank::new(Some(Belief { soc: 0.5, sigma: 0.02 }), Start::Around, None, &cell);
        let places = bank.hypotheses.len();
        bank.hypotheses[0].weight = f32::NAN;
        bank.tidy(&Look::STILL, &cell);
        assert!(bank.hypotheses.len() < places);
        assert!(bank.hypotheses.iter().all(|one| one.weight.is_finite()));
        assert!((bank.belief().soc - 0.5).abs() < 0.05, "{:?}", bank.belief());
    }

    #[test]
    fn when_no_hypothesis_is_left_nothing_is_known() {
        let cell = Cell::new(&Profile::LFP, 100.0);
        let mut bank = Bank::new(Some(Belief { soc: 0.5, sigma: 0.02 }), Start::Here, None, &cell);
        bank.hypotheses[0].weight = f32::NAN;
        bank.tidy(&Look::STILL, &cell);
        assert!(!bank.hypotheses.is_empty());
        assert!(bank.belief().sigma > 0.25, "{:?}", bank.belief());
    }
}
