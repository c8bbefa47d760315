//! Lines that strangers cause: the first is in the log, and they cannot fill it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long it is quiet after a line: a process with a wrong certificate tries several times a second, and one line says it.
const QUIET: Duration = Duration::from_secs(10);

/// When one kind of line was last written.
#[derive(Debug, Default)]
pub struct Quiet(Mutex<Said>);

#[derive(Debug, Default)]
struct Said {
    last: Option<Instant>,
    unsaid: u64,
}

impl Quiet {
    /// How many there were since the last line, when it is time for another.
    pub fn next(&self) -> Option<u64> {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.next(Instant::now())
    }
}

impl Said {
    fn next(&mut self, now: Instant) -> Option<u64> {
        let quiet = self
            .last
            .is_some_and(|last| now.saturating_duration_since(last) < QUIET);
        if quiet {
            self.unsaid += 1;
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_in_ten_seconds_counts_the_others() {
        let begin = Instant::now();
        let after = |seconds| begin + Duration::from_secs(seconds);
        let mut said = Said::default();
        assert_eq!(said.next(begin), Some(0));
        for second in 0..10 {
            assert_eq!(said.next(after(second)), None);
        }
        assert_eq!(said.next(after(10)), Some(10));
        assert_eq!(said.next(after(11)), None);
        assert_eq!(said.next(after(60)), Some(1));
    }
}
