//! Charts as SVG, each with its table behind it.
//!
//! The drawing is only bars; words and numbers stand around it as text, so that they keep their size on a
//! phone, can be read aloud and can be selected. What a chart shows is always also in the table, so nothing
//! is told by a picture alone.

use maud::{Markup, html};

/// One bar: what it stands for, how long it is, and the number in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// The day, the title, the words searched for.
    pub label: String,
    /// A count, or cents.
    pub value: i64,
    /// The value as a reader of the page writes it.
    pub shown: String,
    /// Where the label leads, if anywhere.
    pub href: Option<String>,
}

/// The words around a chart.
#[derive(Debug, Clone)]
pub struct Words<'a> {
    /// Heading of the chart.
    pub title: &'a str,
    /// Heading of the table's first column.
    pub label_column: &'a str,
    /// Heading of its second.
    pub value_column: &'a str,
    /// Words that open the table.
    pub table: &'a str,
    /// What stands there when there is nothing to show.
    pub empty: &'a str,
}

/// Height of the drawing in its own units; the page stretches it.
const HEIGHT: i64 = 100;
/// Width of one bar's place in the same units, of which the bar leaves a fifth free.
const STEP: i64 = 10;

/// How the values of upright bars are measured and written.
pub struct Scale<'a> {
    /// The least that the top of the scale stands for: an empty chart of revenue is not measured in cents.
    pub least_top: i64,
    /// Writes a value.
    pub write: &'a dyn Fn(i64) -> String,
}

/// Upright bars over a row of days, with the sum of all in words.
pub fn columns(
    id: &str,
    words: &Words<'_>,
    total: &str,
    bars: &[Bar],
    scale: &Scale<'_>,
) -> Markup {
    let highest = bars.iter().map(|bar| bar.value).max().unwrap_or(0);
    let top = round_up(highest.max(scale.least_top));
    let write = scale.write;
    let heading = format!("{id}-title");
    html! {
        figure.chart aria-labelledby=(heading) {
            figcaption { h2 #(heading) { (words.title) } p.total.num { (total) } }
            @if bars.is_empty() { p.muted { (words.empty) } } @else {
                div.plot {
                    div.scale.num aria-hidden="true" { span { (write(top)) } span { (write(top / 2)) } span { (write(0)) } }
                    (upright(bars, top))
                    div.days.num aria-hidden="true" {
                        @for bar in [bars.first(), bars.get(bars.len() / 2), bars.last()].into_iter().flatten() { span { (bar.label) } }
                    }
                }
                (table(words, bars))
            }
        }
    }
}

/// Bars that lie beside their label, longest first as given.
pub fn rows(id: &str, words: &Words<'_>, bars: &[Bar]) -> Markup {
    let longest = bars.iter().map(|bar| bar.value).max().unwrap_or(0).max(1);
    let heading = format!("{id}-title");
    html! {
        figure.chart aria-labelledby=(heading) {
            figcaption { h2 #(heading) { (words.title) } }
            @if bars.is_empty() { p.muted { (words.empty) } } @else {
                ol.bars {
                    @for bar in bars {
                        li {
                            span.label { (linked(bar)) }
                            (lying(bar.value, longest))
                            span.num { (bar.shown) }
                        }
                    }
                }
                (table(words, bars))
            }
        }
    }
}

/// One place of a row of stacked bars: two amounts, the second upon the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// The minute.
    pub label: String,
    /// The lower amount and the one upon it.
    pub values: [i64; 2],
    /// Both as a reader of the page writes them.
    pub shown: String,
}

/// The words around a stacked chart.
#[derive(Debug, Clone)]
pub struct StackWords<'a> {
    /// Heading of the chart.
    pub title: &'a str,
    /// What it comes to, in a sentence.
    pub told: &'a str,
    /// What is drawn, for who does not see it.
    pub drawn: &'a str,
    /// What the lower and the upper part of a bar stand for.
    pub legend: [&'a str; 2],
    /// Words that open the table.
    pub table: &'a str,
}

/// Small upright bars of two parts over a row of minutes. `bad` colours what should not be; `table` holds what is drawn,
/// row by row.
pub fn stacks(
    id: &str,
    words: &StackWords<'_>,
    stacks: &[Stack],
    scale: &Scale<'_>,
    bad: bool,
    table: &Markup,
) -> Markup {
    let sum = |stack: &Stack| {
        stack
            .values
            .iter()
            .fold(0_i64, |sum, value| sum.saturating_add(*value))
    };
    let top = round_up(
        stacks
            .iter()
            .map(sum)
            .max()
            .unwrap_or(0)
            .max(scale.least_top),
    );
    let write = scale.write;
    let [heading, title, drawn] = ["heading", "title", "desc"].map(|part| format!("{id}-{part}"));
    html! {
        figure.chart.small.bad[bad] aria-labelledby=(heading) {
            figcaption { h3 #(heading) { (words.title) } }
            p.muted { (words.told) }
            div.plot {
                div.scale.num aria-hidden="true" { span { (write(top)) } span { (write(top / 2)) } span { (write(0)) } }
                svg viewBox=(format!("0 0 {} {HEIGHT}", width(stacks.len()))) preserveAspectRatio="none" role="img"
                    aria-labelledby={ (title) " " (drawn) } focusable="false" {
                    title #(title) { (words.title) }
                    desc #(drawn) { (words.drawn) }
                    (rules(width(stacks.len())))
                    @for (place, stack) in (0..).zip(stacks) { (stacked(place, stack, top)) }
                }
                div.days.num aria-hidden="true" {
                    @for stack in [stacks.first(), stacks.get(stacks.len() / 2), stacks.last()].into_iter().flatten() { span { (stack.label) } }
                }
            }
            ul.legend aria-hidden="true" {
                @for (class, name) in [None, Some("upper")].into_iter().zip(words.legend) {
                    li { svg viewBox="0 0 10 10" focusable="false" { rect class=[class] width="10" height="10" {} } (name) }
                }
            }
            details { summary { (words.table) } (table) }
        }
    }
}

fn stacked(place: i64, stack: &Stack, top: i64) -> Markup {
    let [lower, upper] = stack.values;
    let both = scaled(lower.saturating_add(upper), top, HEIGHT);
    let lower = scaled(lower, top, HEIGHT).min(both);
    html! {
        @if both > 0 {
            g {
                title { (stack.label) ": " (stack.shown) }
                rect.upper x=(place * STEP + 1) y=(HEIGHT - both) width=(STEP - 2) height=(both - lower) {}
                rect x=(place * STEP + 1) y=(HEIGHT - lower) width=(STEP - 2) height=(lower) {}
            }
        }
    }
}

/// The width of a drawing of so many bars, in its own units.
fn width(bars: usize) -> i64 {
    i64::try_from(bars).unwrap_or(i64::MAX / STEP) * STEP
}

fn rules(width: i64) -> Markup {
    html! {
        @for line in [0, HEIGHT / 2, HEIGHT] {
            line.rule x1="0" x2=(width) y1=(line) y2=(line) vector-effect="non-scaling-stroke" {}
        }
    }
}

fn upright(bars: &[Bar], top: i64) -> Markup {
    let width = width(bars.len());
    let view = format!("0 0 {width} {HEIGHT}");
    html! {
        svg viewBox=(view) preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            (rules(width))
            @for (place, bar) in (0..).zip(bars) {
                @let height = scaled(bar.value, top, HEIGHT);
                rect x=(place * STEP + 1) y=(HEIGHT - height) width=(STEP - 2) height=(height) {
                    title { (bar.label) ": " (bar.shown) }
                }
            }
        }
    }
}

fn lying(value: i64, longest: i64) -> Markup {
    html! {
        svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            rect x="0" y="0" height="4" width=(scaled(value, longest, 100)) {}
        }
    }
}

fn table(words: &Words<'_>, bars: &[Bar]) -> Markup {
    html! {
        details {
            summary { (words.table) }
            table.grid {
                caption.sr { (words.title) }
                thead { tr { th scope="col" { (words.label_column) } th.num scope="col" { (words.value_column) } } }
                tbody { @for bar in bars { tr { th scope="row" { (linked(bar)) } td.num { (bar.shown) } } } }
            }
        }
    }
}

fn linked(bar: &Bar) -> Markup {
    html! { @match &bar.href { Some(href) => a href=(href) { (bar.label) }, None => (bar.label) } }
}

/// The length of a bar; anything above zero is at least a line.
fn scaled(value: i64, top: i64, length: i64) -> i64 {
    match value {
        ..=0 => 0,
        _ => (value.saturating_mul(length) / top.max(1)).clamp(1, length),
    }
}

/// The next number of the form 2, 4, 10, 20, 40, 100 …, so that the scale and its half are round.
fn round_up(value: i64) -> i64 {
    let mut decade = 1_i64;
    loop {
        let steps = [2, 4, 10].map(|step| decade.saturating_mul(step));
        if let Some(step) = steps.into_iter().find(|step| value <= *step) {
            return step;
        }
        decade = decade.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use super::*;

    const WORDS: Words<'_> = Words {
        title: "Orders",
        label_column: "Day",
        value_column: "Orders",
        table: "As a table",
        empty: "Nothing yet",
    };

    fn bar(label: &str, value: i64) -> Bar {
        Bar {
            label: label.into(),
            value,
            shown: value.to_string(),
            href: None,
        }
    }

    #[test]
    fn the_scale_is_round_and_never_zero() {
        for (value, top) in [
            (0, 2),
            (1, 2),
            (3, 4),
            (5, 10),
            (11, 20),
            (39, 40),
            (41, 100),
            (1290, 2000),
        ] {
            assert_eq!(round_up(value), top, "{value}");
        }
        assert_eq!(round_up(i64::MAX), i64::MAX);
    }

    #[test]
    fn an_empty_chart_of_money_is_scaled_in_euro() {
        let scale = Scale {
            least_top: 10_000,
            write: &|cents| format!("{} €", cents / 100),
        };
        let page = columns("revenue", &WORDS, "0 €", &[bar("1 mars", 0)], &scale).into_string();
        assert!(page.contains(">100 €<") && page.contains(">50 €<"));
    }

    #[test]
    fn every_bar_is_also_in_the_table() {
        let bars = [bar("1 mars", 0), bar("2 mars", 7), bar("<3 mars>", 1)];
        let page = columns(
            "orders",
            &WORDS,
            "8",
            &bars,
            &Scale {
                least_top: 2,
                write: &|value| value.to_string(),
            },
        )
        .into_string();
        assert_eq!(page.matches("<rect").count(), 3);
        assert_eq!(page.matches("<th scope=\"row\">").count(), 3);
        assert!(!page.contains("<3 mars>"));
        assert!(
            rows("titles", &WORDS, &[])
                .into_string()
                .contains("Nothing yet")
        );
    }

    #[test]
    fn a_stack_is_as_high_as_its_parts_and_draws_nothing_where_nothing_was() {
        let words = StackWords {
            title: "Times",
            told: "Slow.",
            drawn: "Bars.",
            legend: ["mean", "longest"],
            table: "As a table",
        };
        let stack = |values| Stack {
            label: "20:01".into(),
            values,
            shown: "1 and 4".into(),
        };
        let scale = Scale {
            least_top: 2,
            write: &|value| value.to_string(),
        };
        let row = [stack([1, 3]), stack([0, 0]), stack([2, 0])];
        let page = stacks(
            "times",
            &words,
            &row,
            &scale,
            true,
            &html! { p { "table" } },
        );
        let page = page.into_string();
        assert_eq!(page.matches("<g>").count(), 2, "{page}");
        assert!(
            page.contains("y=\"0\" width=\"8\" height=\"75\"")
                && page.contains("y=\"75\" width=\"8\" height=\"25\""),
            "{page}"
        );
        assert!(
            page.contains("role=\"img\"") && page.contains("<desc id=\"times-desc\">Bars.</desc>"),
            "{page}"
        );
    }
}
