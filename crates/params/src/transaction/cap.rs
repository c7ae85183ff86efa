//! How far a role may go with the values that decide most over the life of a cell. Production
//! table, §11.2.

use crate::parameter::ParamId;
use crate::relation::{Bound, ids};
use crate::{Chemistry, Config, Refusal, Role};

/// The furthest that everybody below a role may move one parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cap {
    /// The parameter.
    pub parameter: ParamId,
    /// Which side of the numbers is allowed.
    side: Side,
    /// The furthest value by chemistry, LFP, NMC, LTO; raw.
    limits: [i32; 3],
    /// The role that may go further, inside of the relations.
    pub needed: Role,
}

/// Which values keep to a cap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    /// The cap or smaller.
    AtMost,
    /// The cap or larger.
    AtLeast,
}

/// Every cap: what the vendor's board does is the most that an installer may do.
///
/// That over-voltage L2 passes the upper limit of the cell in profile `vendor` alone is rule 4.
pub const CAPS: [Cap; 3] = [
    Cap {
        parameter: ids::OVER_L2,
        side: Side::AtMost,
        limits: [3_750, 4_250, 2_850],
        needed: Role::Factory,
    },
    Cap {
        parameter: ids::OVER_L3,
        side: Side::AtMost,
        limits: [3_800, 4_300, 2_900],
        needed: Role::Factory,
    },
    Cap {
        parameter: ids::CHARGE_COLD,
        side: Side::AtLeast,
        limits: [0, 0, -200],
        needed: Role::Factory,
    },
];

impl Cap {
    /// What a value of this parameter must keep to.
    #[must_use]
    pub const fn bound(&self, chemistry: Chemistry) -> Bound {
        let limit = self.limit(chemistry);
        match self.side {
            Side::AtMost => Bound::AtMost(limit),
            Side::AtLeast => Bound::AtLeast(limit),
        }
    }

    /// The furthest raw value.
    #[must_use]
    pub const fn limit(&self, chemistry: Chemistry) -> i32 {
        let [lfp, nmc, lto] = self.limits;
        match chemistry {
            Chemistry::Lfp => lfp,
            Chemistry::Nmc => nmc,
            Chemistry::Lto => lto,
        }
    }
}

/// Whether a role may make the next configuration of the old one. What a higher role has stored
/// may stay, as long as the chemistry does.
pub(super) fn keep(old: &Config, next: &Config, role: Role) -> Result<(), Refusal> {
    let chemistry = next.chemistry();
    for cap in CAPS.iter().filter(|cap| role < cap.needed) {
        let Some(value) = next.raw(cap.parameter) else { continue };
        let is_kept = old.raw(cap.parameter) == Some(value) && old.chemistry() == chemistry;
        if !is_kept && !cap.bound(chemistry).holds(value) {
            return Err(Refusal::Cap {
                parameter: cap.parameter,
                limit: cap.limit(chemistry),
                needed: cap.needed,
            });
        }
    }
    Ok(())
}
