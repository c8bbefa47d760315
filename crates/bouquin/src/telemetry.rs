//! Logs to standard error: text for people at a terminal, JSON lines for machines. A panic is a line of them too.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, IsTerminal};
use std::panic::{self, PanicHookInfo};

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts logging. `RUST_LOG` chooses what is logged; by default warnings, and our own information.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        EnvFilter::new("warn,bouquin=info,web=info,shop=info,vault=info,switch=info,bank=info")
    });
    if io::stderr().is_terminal() {
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(io::stderr)
            .with_target(false)
            .compact()
            .init();
    } else {
        lines(filter, io::stderr).init();
    }
    panic::set_hook(Box::new(log_panic));
}

/// JSON, one line an event, whatever its values hold.
fn lines<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .json()
        .finish()
}

/// Says where it happened. Why only where that is a literal of the source: a text that is put together at the moment may
/// quote what was read, a card number too.
fn log_panic(panicked: &PanicHookInfo<'_>) {
    let place = panicked.location().map(ToString::to_string);
    let why = panicked.payload().downcast_ref::<&'static str>();
    let thread = std::thread::current();
    let backtrace = Backtrace::capture();
    let asked = backtrace.status() == BacktraceStatus::Captured;
    tracing::error!(
        place,
        why,
        thread = thread.name(),
        backtrace = asked.then(|| tracing::field::display(&backtrace)),
        "a panic: a defect of this program"
    );
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Heard(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Heard {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines that are logged meanwhile, each of which must be JSON.
    fn logged(deed: impl FnOnce()) -> Vec<serde_json::Value> {
        let heard = Heard::default();
        let writer = heard.clone();
        let logs = lines(EnvFilter::new("info"), move || writer.clone());
        tracing::subscriber::with_default(logs, deed);
        let bytes = heard.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    }

    #[test]
    fn a_line_break_in_a_value_begins_no_line() {
        let name = "Aline\n{\"level\":\"ERROR\",\"fields\":{\"message\":\"forged\"}}\r\n\u{2028}x";
        let lines = logged(|| {
            tracing::warn!(name, "who: {name}");
            tracing::warn!(%name, "again");
        });
        assert_eq!(lines.len(), 2);
        for line in &lines {
            assert_eq!(line["level"], "WARN");
            assert_eq!(line["fields"]["name"], name);
        }
        assert_eq!(lines[0]["fields"]["message"], format!("who: {name}"));
    }

    #[test]
    fn a_panic_is_a_line_without_what_it_quotes() {
        let before = panic::take_hook();
        panic::set_hook(Box::new(log_panic));
        let number = "4111111111111111";
        let lines = logged(|| {
            let quoted = panic::catch_unwind(|| panic!("{number}\nis no card"));
            let literal = panic::catch_unwind(|| panic!("a card has digits"));
            assert!(quoted.is_err() && literal.is_err());
        });
        panic::set_hook(before);
        assert_eq!(lines.len(), 2);
        for line in &lines {
            assert_eq!(line["level"], "ERROR");
            assert_eq!(
                line["fields"]["message"],
                "a panic: a defect of this program"
            );
            let place = line["fields"]["place"].as_str().unwrap();
            assert!(place.contains("telemetry.rs:"), "{place}");
            assert!(!line.to_string().contains(number), "{line}");
        }
        assert_eq!(lines[0]["fields"].get("why"), None);
        assert_eq!(lines[1]["fields"]["why"], "a card has digits");
    }
}
