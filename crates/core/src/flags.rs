//! Sets of flags: what is so, and of what it is known at all.

use cellward_params::fault::Flag;

/// What is known of every flag. A flag that is not known neither starts nor stops a delay to set,
/// and it stops a delay to release.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Flags {
    set: u32,
    unknown: u32,
}

impl Flags {
    /// Says that a flag stands or does not.
    pub(crate) const fn put(&mut self, flag: Flag, stands: bool) {
        if stands {
            self.set |= flag.bit();
        }
    }

    /// Says what is known of a flag.
    pub(crate) const fn put_if_known(&mut self, flag: Flag, stands: Option<bool>) {
        match stands {
            Some(stands) => self.put(flag, stands),
            None => self.unknown |= flag.bit(),
        }
    }

    /// Whether a flag stands; `None` while it is not known.
    pub(crate) const fn get(self, flag: Flag) -> Option<bool> {
        if self.unknown & flag.bit() != 0 { None } else { Some(self.set & flag.bit() != 0) }
    }

    /// The flags that stand or are not known.
    pub(crate) const fn not_clear(self) -> u32 {
        self.set | self.unknown
    }

    /// What is known of the flag with this bit.
    pub(crate) fn at(self, bit: u32) -> Option<bool> {
        let mask = 1_u32.checked_shl(bit).unwrap_or(0);
        if self.unknown & mask != 0 { None } else { Some(self.set & mask != 0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_stands_does_not_or_is_not_known() {
        let mut flags = Flags::default();
        assert_eq!(flags.get(Flag::OpenWire), Some(false));
        flags.put(Flag::OpenWire, true);
        flags.put(Flag::Stale, false);
        flags.put_if_known(Flag::SumMismatch, None);
        flags.put_if_known(Flag::ChipSilent, Some(true));
        assert_eq!(flags.get(Flag::OpenWire), Some(true));
        assert_eq!(flags.get(Flag::Stale), Some(false));
        assert_eq!(flags.get(Flag::SumMismatch), None);
        assert_eq!(flags.at(Flag::ChipSilent as u32), Some(true));
        assert_eq!(flags.at(Flag::SumMismatch as u32), None);
        let expected = Flag::OpenWire.bit() | Flag::SumMismatch.bit() | Flag::ChipSilent.bit();
        assert_eq!(flags.not_clear(), expected);
    }
}
