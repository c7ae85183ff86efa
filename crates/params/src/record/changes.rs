//! What a parameter write changed, as far as one record has room for it.

use crate::{Changed, ParamId, PortId};

/// Up to four changes of one group of writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Changes {
    // Apart, because side by side they would be padded by a third.
    ids: [ParamId; Self::MOST],
    old: [i32; Self::MOST],
    new: [i32; Self::MOST],
    count: u8,
    port: PortId,
    total: u8,
}

impl Changes {
    /// How many changes one record names; a larger group takes several records.
    pub const MOST: usize = 4;

    /// The first four of `changes`, out of a group that changed `total` parameters and came in on
    /// `port`.
    #[must_use]
    pub fn new(port: PortId, total: u16, changes: &[Changed]) -> Self {
        let mut kept = Self {
            ids: [ParamId(0); Self::MOST],
            old: [0; Self::MOST],
            new: [0; Self::MOST],
            count: 0,
            port,
            total: u8::try_from(total).unwrap_or(u8::MAX),
        };
        let slots = kept.ids.iter_mut().zip(&mut kept.old).zip(&mut kept.new);
        for (((id, old), new), change) in slots.zip(changes) {
            *id = change.id;
            *old = change.old;
            *new = change.new;
            kept.count = kept.count.saturating_add(1);
        }
        kept
    }

    /// The port on which the group came in.
    #[must_use]
    pub const fn port(&self) -> PortId {
        self.port
    }

    /// How many parameters the whole group changed; stops at 255.
    #[must_use]
    pub const fn total(&self) -> u8 {
        self.total
    }

    /// The changes that this record names.
    pub fn iter(&self) -> impl Iterator<Item = Changed> + '_ {
        let values = self.old.iter().zip(&self.new);
        let all = self.ids.iter().zip(values);
        all.take(usize::from(self.count)).map(|(&id, (&old, &new))| Changed { id, old, new })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(id: u16) -> Changed {
        Changed { id: ParamId(id), old: i32::from(id), new: -i32::from(id) }
    }

    #[test]
    fn four_changes_are_named_and_a_fifth_is_only_counted() {
        for count in 0..=5_u16 {
            let given: std::vec::Vec<_> = (0..count).map(change).collect();
            let kept = Changes::new(PortId(2), count, &given);
            let named: std::vec::Vec<_> = kept.iter().collect();
            assert_eq!(named, given[..given.len().min(4)], "{count} changes");
            assert_eq!((kept.port(), u16::from(kept.total())), (PortId(2), count));
        }
    }

    #[test]
    fn the_total_stops_at_what_a_byte_holds() {
        let total = |total| Changes::new(PortId(0), total, &[]).total();
        assert_eq!([254, 255, 256, u16::MAX].map(total), [254, 255, 255, 255]);
    }
}
