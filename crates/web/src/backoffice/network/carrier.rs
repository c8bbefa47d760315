//! One carrier: how it stands, and its last hour as two charts with their tables.

use std::time::Duration;

use fluent_bundle::FluentValue;
use maud::{Markup, html};
use shop::payment::network::{Carrier, Minute, Standing};
use trade::clock::Timestamp;
use trade::locale::{Locale, format_number};

use super::super::access::Visit;
use super::super::chart::{self, Scale, Stack, StackWords};
use super::{bad_since, count, figure, since_when};

/// Minutes that are drawn.
const HOUR: i64 = 60;
const MINUTE_US: i64 = 60_000_000;
/// Answers within two milliseconds do not fill the chart of their times.
const LEAST_TIME_US: i64 = 2_000;
/// One error does not fill the chart of errors.
const LEAST_ERRORS: i64 = 2;
const NO_BREAK_SPACE: char = '\u{a0}';

/// A carrier as it is looked at.
pub(super) struct Seen<'a> {
    pub(super) visit: &'a Visit,
    /// Which one it is, the preferred one being the first.
    pub(super) place: u32,
    pub(super) carrier: &'a Carrier,
    /// When the switch was asked.
    pub(super) asked: Timestamp,
}

impl Seen<'_> {
    /// All about it.
    pub(super) fn section(&self) -> Markup {
        let (visit, carrier) = (self.visit, self.carrier);
        let words = visit.words();
        let heading = format!("carrier-{}", self.place);
        html! {
            section aria-labelledby=(heading) {
                h2 #(heading) { (self.name()) }
                dl.figures {
                    div { dt { (words.say("network-standing")) } dd { (standing(visit, carrier)) } }
                    (figure(words.say("network-address"), &carrier.address.to_string()))
                    (figure(words.say("network-in-flight"), &count(visit, carrier.in_flight)))
                    (figure(words.say("network-answered"), &count(visit, carrier.answered)))
                    (figure(words.say("network-unanswered"), &count(visit, carrier.unanswered)))
                    @if carrier.answered > 0 { (figure(words.say("network-mean"), &shown(carrier.mean, visit.locale))) }
                }
                div.charts { (self.times()) (self.errors()) }
            }
        }
    }

    fn name(&self) -> String {
        let place = [("place", self.place.to_string().into())];
        self.visit.words().tell("network-carrier", &place)
    }

    /// How long answers took, minute by minute: the mean, and the longest upon it.
    fn times(&self) -> Markup {
        let (words, locale) = (self.visit.words(), self.visit.locale);
        let (id, title) = (format!("times-{}", self.place), words.say("network-times"));
        let Some(hour) = Hour::of(&self.carrier.minutes) else {
            return empty(&id, title, words.say("network-times-none"));
        };
        let told = words.tell(
            "network-times-told",
            &[
                ("answered", count(self.visit, hour.answered).into()),
                ("mean", shown(hour.mean, locale).into()),
                ("longest", shown(hour.longest, locale).into()),
            ],
        );
        let row = self.row(|minute| {
            let [mean, longest] = [minute.mean, minute.longest].map(|time| shown(time, locale));
            let both = [("mean", mean.into()), ("longest", longest.into())];
            let upon = micros(minute.longest).saturating_sub(micros(minute.mean));
            (
                [micros(minute.mean), upon.max(0)],
                words.tell("network-minute-times", &both),
            )
        });
        let around = StackWords {
            title,
            told: &told,
            drawn: words.say("network-times-drawn"),
            legend: [words.say("network-mean"), words.say("network-longest")],
            table: words.say("office-chart-table"),
        };
        let scale = Scale {
            least_top: LEAST_TIME_US,
            write: &|time| shown(Duration::from_micros(time.unsigned_abs()), locale),
        };
        chart::stacks(&id, &around, &row, &scale, false, &self.times_table())
    }

    fn times_table(&self) -> Markup {
        let columns = ["network-answered", "network-mean", "network-longest"];
        self.table(
            "network-times",
            &columns,
            |minute| minute.answered > 0,
            |minute| {
                let [mean, longest] =
                    [minute.mean, minute.longest].map(|time| shown(time, self.visit.locale));
                vec![count(self.visit, minute.answered), mean, longest]
            },
        )
    }

    /// What went wrong, minute by minute: messages without an answer, and sessions upon them.
    fn errors(&self) -> Markup {
        let words = self.visit.words();
        let (id, title) = (
            format!("errors-{}", self.place),
            words.say("network-errors"),
        );
        let sum = |of: fn(&Minute) -> u64| {
            let all = self.carrier.minutes.iter().map(of);
            all.fold(0, u64::saturating_add)
        };
        let (unanswered, failed) = (
            sum(Minute::unanswered),
            sum(|minute| minute.sessions_failed),
        );
        if unanswered == 0 && failed == 0 {
            return empty(&id, title, words.say("network-errors-none"));
        }
        let told = |unanswered, failed| {
            let counts = [unanswered, failed].map(|one| count(self.visit, one));
            let [unanswered, failed] = counts.map(FluentValue::from);
            let both = [("unanswered", unanswered), ("failed", failed)];
            words.tell("network-errors-told", &both)
        };
        let row = self.row(|minute| {
            let (unanswered, failed) = (minute.unanswered(), minute.sessions_failed);
            ([unanswered, failed].map(amount), told(unanswered, failed))
        });
        let all = told(unanswered, failed);
        let around = StackWords {
            title,
            told: &all,
            drawn: words.say("network-errors-drawn"),
            legend: [
                words.say("network-unanswered"),
                words.say("network-sessions-failed"),
            ],
            table: words.say("office-chart-table"),
        };
        let scale = Scale {
            least_top: LEAST_ERRORS,
            write: &|errors| format_number(errors, self.visit.locale),
        };
        chart::stacks(&id, &around, &row, &scale, true, &self.errors_table())
    }

    fn errors_table(&self) -> Markup {
        let columns = [
            "network-timed-out",
            "network-lost",
            "network-overtaken",
            "network-sessions-failed",
        ];
        self.table(
            "network-errors",
            &columns,
            |minute| minute.unanswered() > 0 || minute.sessions_failed > 0,
            |minute| {
                let counts = [
                    minute.timed_out,
                    minute.lost,
                    minute.overtaken,
                    minute.sessions_failed,
                ];
                counts.map(|one| count(self.visit, one)).to_vec()
            },
        )
    }

    /// What a chart draws, newest first.
    fn table(
        &self,
        caption: &str,
        columns: &[&str],
        is_drawn: impl Fn(&Minute) -> bool,
        cells: impl Fn(&Minute) -> Vec<String>,
    ) -> Markup {
        let words = self.visit.words();
        let minutes = self.carrier.minutes.iter().rev();
        html! {
            div.scroll tabindex="0" role="region" aria-label={ (self.name()) ", " (words.say(caption)) } {
                table.grid {
                    caption.sr { (words.say(caption)) }
                    thead { tr {
                        th scope="col" { (words.say("network-minute")) }
                        @for column in columns { th.num scope="col" { (words.say(column)) } }
                    } }
                    tbody { @for minute in minutes.filter(|minute| is_drawn(minute)) { tr {
                        th scope="row" { (time_of_day(minute.begins)) }
                        @for cell in cells(minute) { td.num { (cell) } }
                    } } }
                }
            }
        }
    }

    /// A bar for each minute of the hour that ends now, whether something happened in it or not.
    fn row(&self, bar: impl Fn(&Minute) -> ([i64; 2], String)) -> Vec<Stack> {
        let of = |at: Timestamp| at.as_micros().div_euclid(MINUTE_US);
        let minutes = &self.carrier.minutes;
        // The switch's clock may be a little ahead.
        let now = of(self.asked);
        let newest = minutes.last().map_or(now, |minute| of(minute.begins));
        let last = newest.clamp(now, now.saturating_add(1));
        let stack = |number: i64| {
            let begins = Timestamp::micros(number.saturating_mul(MINUTE_US));
            let minute = minutes.iter().find(|minute| of(minute.begins) == number);
            let (values, shown) = minute.map_or_else(|| ([0, 0], String::new()), &bar);
            Stack {
                label: time_of_day(begins),
                values,
                shown,
            }
        };
        (last.saturating_sub(HOUR - 1)..=last).map(stack).collect()
    }
}

fn standing(visit: &Visit, carrier: &Carrier) -> Markup {
    match carrier.standing {
        Standing::Up(since) => {
            let how = if carrier.doubted {
                "network-doubted"
            } else {
                "network-up"
            };
            since_when(visit, how, since)
        }
        Standing::Down(since) => bad_since(visit, "network-down", since),
    }
}

/// A chart of nothing.
fn empty(id: &str, title: &str, told: &str) -> Markup {
    let heading = format!("{id}-heading");
    html! {
        figure.chart.small aria-labelledby=(heading) {
            figcaption { h3 #(heading) { (title) } }
            p.muted { (told) }
        }
    }
}

/// What the answers of an hour come to.
struct Hour {
    answered: u64,
    mean: Duration,
    longest: Duration,
}

impl Hour {
    /// `None` when there was none.
    fn of(minutes: &[Minute]) -> Option<Hour> {
        let (mut answered, mut waited_us, mut longest) = (0_u64, 0_u128, Duration::ZERO);
        for minute in minutes {
            answered = answered.saturating_add(minute.answered);
            let waited = minute
                .mean
                .as_micros()
                .saturating_mul(minute.answered.into());
            waited_us = waited_us.saturating_add(waited);
            longest = longest.max(minute.longest);
        }
        let mean = waited_us.checked_div(answered.into())?;
        Some(Hour {
            answered,
            mean: Duration::from_micros(u64::try_from(mean).unwrap_or(u64::MAX)),
            longest,
        })
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

fn amount(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Hour and minute in Paris.
fn time_of_day(at: Timestamp) -> String {
    let there = at.in_paris();
    format!("{:02}:{:02}", there.hour(), there.minute())
}

/// A short time to two or three figures: `1,8 ms`, `180 ms`, `2,4 s`.
fn shown(time: Duration, locale: Locale) -> String {
    let us = time.as_micros();
    let (tenths, unit) = match us {
        0..10_000 => ((us + 50) / 100, "ms"),
        10_000..999_500 => ((us + 500) / 1_000 * 10, "ms"),
        _ => ((us + 50_000) / 100_000, "s"),
    };
    let whole = format_number(i64::try_from(tenths / 10).unwrap_or(i64::MAX), locale);
    let mark = match locale {
        Locale::Fr => ',',
        Locale::En => '.',
    };
    match tenths % 10 {
        0 => format!("{whole}{NO_BREAK_SPACE}{unit}"),
        tenth => format!("{whole}{mark}{tenth}{NO_BREAK_SPACE}{unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_to_a_few_figures() {
        let shown = |us| shown(Duration::from_micros(us), Locale::Fr).replace(NO_BREAK_SPACE, " ");
        for (us, expected) in [
            (0, "0 ms"),
            (1_849, "1,8 ms"),
            (9_990, "10 ms"),
            (180_400, "180 ms"),
            (999_700, "1 s"),
            (8_000_000, "8 s"),
            (61_250_000, "61,3 s"),
        ] {
            assert_eq!(shown(us), expected);
        }
        assert_eq!(
            super::shown(Duration::from_micros(1_849), Locale::En),
            "1.8\u{a0}ms"
        );
    }
}
