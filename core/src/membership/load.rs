//! How busy a host is, and how many operations on resources that leaves to it at once.
//!
//! In: a load average, `load-threshold`, `node-action-limit`, the host's own limit. Out: a bound.
//! Steps and fractions are Pacemaker's (Pacemaker Explained, "Cluster Options"). Absent: measuring.

use serde::{Deserialize, Serialize};

/// How busy a host is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Busy {
    #[default]
    No,
    Low,
    Medium,
    High,
}

/// What a member tells of its host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    pub busy: Busy,
    pub cores: u32,
    /// How many operations it may have at once, whatever the cluster says (`PCMK_node_action_limit`).
    pub limit: Option<u32>,
}

impl Busy {
    /// The step of a load average in hundredths, where a core's should stay below so many percent. On one core
    /// a load of 1 is too high already.
    pub fn of(load_hundredths: u64, cores: u32, threshold_percent: u64) -> Busy {
        let cores_tenths = if cores <= 1 { 6 } else { u64::from(cores) * 10 };
        // In hundredths of hundredths of tenths of tenths.
        let load = load_hundredths * 10_000;
        let passes = |factor_tenths: u64| load > threshold_percent * cores_tenths * factor_tenths * 100;
        match () {
            () if threshold_percent == 0 => Busy::No,
            () if passes(20) => Busy::High,
            () if passes(16) => Busy::Medium,
            () if passes(12) => Busy::Low,
            () => Busy::No,
        }
    }
}

impl Load {
    /// How many operations run on the host at once, if there is a bound. `configured`: `node-action-limit`.
    pub fn jobs(self, configured: u32, throttled: bool) -> Option<usize> {
        let given = self.limit.or(Some(configured)).filter(|limit| *limit > 0);
        if !throttled {
            return given.map(|limit| limit as usize);
        }
        let most = given.unwrap_or(2 * self.cores.max(1));
        let jobs = match self.busy {
            Busy::No => most,
            Busy::Low => most / 2,
            Busy::Medium => most / 4,
            Busy::High => 1,
        };
        Some(jobs.max(1) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_busy_by_its_load_for_each_core() {
        let busy = |load, cores| Busy::of(load, cores, 80);
        // 0.8 times the cores times 1.2, 1.6, 2.0.
        assert_eq!(
            [busy(192, 2), busy(193, 2), busy(257, 2), busy(321, 2)],
            [Busy::No, Busy::Low, Busy::Medium, Busy::High]
        );
        assert_eq!([busy(57, 1), busy(58, 1), busy(97, 1)], [Busy::No, Busy::Low, Busy::High]);
        assert_eq!(Busy::of(10_000, 2, 0), Busy::No);
    }

    #[test]
    fn a_busy_host_is_given_less_and_always_something() {
        let jobs = |busy, limit, configured, throttled| Load { busy, cores: 4, limit }.jobs(configured, throttled);
        // Nobody asked for it: no bound but those that are given.
        assert_eq!([jobs(Busy::High, None, 0, false), jobs(Busy::High, None, 5, false)], [None, Some(5)]);
        assert_eq!([jobs(Busy::No, Some(3), 5, false), jobs(Busy::No, Some(0), 5, false)], [Some(3), None]);
        let all = [Busy::No, Busy::Low, Busy::Medium, Busy::High];
        assert_eq!(all.map(|busy| jobs(busy, None, 0, true)), [8, 4, 2, 1].map(Some));
        assert_eq!(all.map(|busy| jobs(busy, None, 3, true)), [3, 1, 1, 1].map(Some));
        assert_eq!(all.map(|busy| jobs(busy, Some(12), 3, true)), [12, 6, 3, 1].map(Some));
    }
}
