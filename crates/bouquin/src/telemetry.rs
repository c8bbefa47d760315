//! Logs to standard error: text for people at a terminal, JSON lines for machines.

use std::io::IsTerminal;

use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, util::SubscriberInitExt};

/// Starts logging. `RUST_LOG` chooses what is logged; by default warnings, and our own information.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        EnvFilter::new("warn,bouquin=info,web=info,shop=info,vault=info,switch=info,bank=info")
    });
    if std::io::stderr().is_terminal() {
        let logs = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr);
        logs.with_target(false).compact().init();
    } else {
        for_machines(filter, std::io::stderr).init();
    }
}

/// One JSON object a line, whatever the values hold.
fn for_machines<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .json()
        .finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

    use std::{
        io::Write,
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_break_in_a_value_begins_no_line_of_the_log() {
        let kept = Kept::default();
        let writer = kept.clone();
        let logs = for_machines(EnvFilter::new("info"), move || writer.clone());
        let said = "jd\n{\"level\":\"INFO\",\"fields\":{\"message\":\"all is well\"}}\r\n\u{1b}[2J\u{2028}";
        tracing::subscriber::with_default(logs, || {
            tracing::warn!(login = said, shown = %said, "somebody tried: {said}");
        });
        let log = String::from_utf8(std::mem::take(&mut *kept.0.lock().unwrap())).unwrap();
        assert_eq!(log.matches('\n').count(), 1, "{log}");
        assert!(!log.contains(['\r', '\u{1b}']), "{log}");
        let line: serde_json::Value = serde_json::from_str(&log).unwrap();
        assert_eq!(line["level"], "WARN");
        for value in ["login", "shown"] {
            assert_eq!(line["fields"][value], said);
        }
    }
}
