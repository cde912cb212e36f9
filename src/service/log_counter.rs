//! Counts log lines by level.

use prometheus::{IntCounterVec, Opts};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// A tracing layer that counts log lines. It starts before everything else, so it uses the default registry.
#[derive(Debug)]
pub struct LogCounter(Option<IntCounterVec>);

impl LogCounter {
    /// Registers the counters, all levels at zero.
    pub fn new() -> Self {
        let opts = Opts::new("vaste_log_messages_total", "Log lines written, by level.");
        let counters = IntCounterVec::new(opts, &["level"]).and_then(|counters| {
            prometheus::register(Box::new(counters.clone()))?;
            Ok(counters)
        });
        let counters = counters.ok();
        for level in [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE] {
            if let Some(counters) = &counters {
                counters.with_label_values(&[label(level)]).inc_by(0);
            }
        }
        Self(counters)
    }
}

impl Default for LogCounter {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Subscriber> Layer<S> for LogCounter {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if let Some(counters) = &self.0 {
            counters.with_label_values(&[label(*event.metadata().level())]).inc();
        }
    }
}

/// The `level` label. A closed set: changing one is a breaking change.
fn label(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}
