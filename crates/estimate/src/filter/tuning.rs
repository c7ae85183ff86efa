//! The numbers of the filter: one tuning for every cell, chemistry and use.
//!
//! Found on the development runs, runs of cells of other makers, and months of the twin
//! (docs/estimation.md says what each gained); none belongs to a run or to a cell. Resistances and currents are those of a cell of 100 Ah.

/// Time between two looks at the voltage, in s. Current is counted with every sample.
pub(super) const STEP_S: f32 = 10.0;

/// Weight of each other place over that of a remembered charge.
///
/// On the development runs most starts are wrong, and a larger one is better there; but remembering is what
/// a board does well.
pub(super) const WRONG_START: f32 = 0.45;
/// One sigma of a charge that was remembered rightly.
pub(super) const REMEMBERED: f32 = 1.5e-2;
/// How far hypotheses lie apart at first.
pub(super) const GAP: f32 = 0.11;
/// One sigma of a fresh hypothesis.
pub(super) const NARROW: f32 = 0.075;

/// Offset of the current channel, one sigma in A.
pub(super) const OFFSET: f32 = 0.38;
/// Logarithm of a cell's resistance over the profile's: one sigma, and what it drifts in an hour.
pub(super) const RESISTANCE: f32 = 0.9;
/// Drift of that, per root of an hour.
pub(super) const RESISTANCE_DRIFT: f32 = 0.019;
/// Logarithm of a cell's capacity over the profile's: its mean over new and aged cells.
pub(super) const CAPACITY_MEAN: f32 = -1.9e-2;
/// One sigma of that.
pub(super) const CAPACITY: f32 = 0.07;
/// Error of the rest voltage, one sigma in V.
pub(super) const BIAS: f32 = 3e-3;
/// Over so much of the charge that error is the same.
pub(super) const BIAS_SPAN: f32 = 0.02;
/// The same of a profile that nobody fitted: shapes of electrodes differ more widely than sensors err.
pub(super) const GUESSED_SPAN: f32 = 0.1;
/// The part of the error that is the same everywhere, one sigma in V: the sensor's.
pub(super) const STEADY: f32 = 5e-3;
/// It is another one after so much of the charge has flowed, and after so long, in s. Of a day the same error
/// is what it is; a filter that took it for the same over a month would take the curve's error for it and
/// be sure of what is not so.
pub(super) const STEADY_SPAN: f32 = 3.0;
/// See [`STEADY_SPAN`].
pub(super) const STEADY_S: f32 = 86_400.0;
/// Lithium that was lost: mean over new and aged cells, in parts of what a new cell holds.
pub(super) const LOST_MEAN: f32 = 0.05;
/// One sigma of that.
pub(super) const LOST: f32 = 0.06;

/// What the circuit does not know about the voltage lasts so long, in s.
pub(super) const MODEL_S: f32 = 650.0;
/// One sigma of that at rest, in V.
pub(super) const MODEL: f32 = 1.2e-3;
/// The part of the voltage drop that adds to it.
pub(super) const MODEL_OF_DROP: f32 = 0.25;
/// Noise of one look at the voltage, one sigma in V. Far more than the sensor's: looks that follow
/// each other have the same errors.
pub(super) const NOISE: f32 = 39e-3;
/// What is not known of the count beside offset and capacity, one sigma in parts of the charge per root
/// of an hour.
pub(super) const COUNT_DRIFT: f32 = 3e-3;
/// What may flow unseen inside a dead band, one sigma in A.
pub(super) const DEAD: f32 = 0.46;
/// Below this, in A, a sensor with a dead band shows nothing.
pub(super) const DEAD_BAND: f32 = 0.95;
/// What may flow while the current is not measured, one sigma in A of a cell of 100 Ah. A *guess*: half
/// of what such a cell is mostly made for.
pub(super) const UNKNOWN: f32 = 50.0;
/// How many times less a voltage tells meanwhile than if that current were another one at every look. A
/// *guess*: loads last for tens of looks.
pub(super) const UNKNOWN_LASTS: f32 = 4.0;

/// Activation energy of resistances that come slowly, in J/mol.
pub(super) const ACTIVATION: f32 = 40_000.0;

/// Share of its optimal gain that a state takes: what is learnt by leaning on the model is leant on
/// less.
pub(super) const OFFSET_GAIN: f32 = 0.16;
/// The same for the resistance.
pub(super) const RESISTANCE_GAIN: f32 = 0.17;
/// The same for the capacity.
pub(super) const CAPACITY_GAIN: f32 = 1.0;

/// Power of the likelihood of one look: looks that follow each other have the same errors, and many of
/// them must not drown what was remembered.
pub(super) const TEMPER: f32 = 0.64;
/// Share of the width of a prediction in its likelihood, of which 1 is the optimum of independent looks.
/// Thousands of looks with the same error would else favour whichever hypothesis predicts a little more
/// narrowly.
pub(super) const WIDTH_TELLS: f32 = 0.55;
/// Power of the weights by which the figure leans to the strongest hypothesis; 1 would be their mean.
pub(super) const LEAN: f32 = 4.0;
/// Factor on sigma for what the filter does not know that it does not know.
pub(super) const HONESTY: f32 = 1.2;
/// One sigma that the charge is never known better than: what full and empty are differs by so much from
/// cell to cell.
pub(super) const NEVER_SURER: f32 = 4e-3;
/// Squared innovation over its variance, smoothed, above which all hypotheses are doubted.
pub(super) const DOUBT: f32 = 2.0;
/// Time over which it is smoothed, in s.
pub(super) const DOUBT_S: f32 = 310.0;
/// Time between two looks around, in s.
pub(super) const LOOK_AROUND_S: f32 = 600.0;
/// Logarithm of the least weight that a hypothesis has when it is looked around.
pub(super) const LONG_SHOT: f32 = 49.0;
/// Logarithm of the weight below which a hypothesis is given up.
pub(super) const HOPELESS: f32 = -9.2;
