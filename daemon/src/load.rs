//! How busy this host is: the load average of the last minute (proc(5), `/proc/loadavg`), and its cores.

use std::fs;
use std::time::Duration;

/// As often as Pacemaker looks.
pub const EVERY: Duration = Duration::from_secs(30);

/// In hundredths; none where the host does not tell.
pub fn average_hundredths() -> Option<u64> {
    hundredths(&fs::read_to_string("/proc/loadavg").ok()?)
}

pub fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX))
}

fn hundredths(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_whitespace().next()?.split_once('.')?;
    let fraction: u64 = format!("{fraction:0<2}").get(..2)?.parse().ok()?;
    Some(whole.parse::<u64>().ok()? * 100 + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_is_that_of_the_last_minute() {
        assert_eq!(hundredths("7.02 7.28 5.57 3/412 9301\n"), Some(702));
        assert_eq!(hundredths("0.5 0 0"), Some(50));
        assert_eq!([hundredths(""), hundredths("x")], [None, None]);
    }
}
