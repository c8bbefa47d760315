//! `data/delivery.toml`: the legal minimum and the demo shop's tariff.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::{Built, dated};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    legal_minimum: Vec<Minimum>,
    tariff: Vec<Tariff>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Minimum {
    #[serde(rename = "rule")]
    _rule: String,
    valid_from: String,
    valid_to: Option<String>,
    new_books_below: u32,
    minimum_below: u32,
    minimum_from: u32,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tariff {
    valid_from: String,
    valid_to: Option<String>,
    #[serde(rename = "source")]
    _source: String,
    enforce_legal_minimum: bool,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    goods_from: u32,
    fee: u32,
}

/// `LEGAL_MINIMA` and `demo_periods`.
pub fn generate(text: &str) -> Built {
    let file: File = toml::from_str(text)?;
    let mut code = String::from("static LEGAL_MINIMA: &[LegalMinimum] = &[\n");
    let mut periods = Vec::new();
    for row in &file.legal_minimum {
        let period = dated::Period::read(&row.valid_from, row.valid_to.as_deref())?;
        periods.push(period);
        writeln!(
            code,
            "    LegalMinimum {{ {}, new_books_below: Money::cents({}), minimum_below: Money::cents({}), minimum_from: Money::cents({}) }},",
            period.code(),
            row.new_books_below,
            row.minimum_below,
            row.minimum_from,
        )?;
    }
    dated::check(periods, false)?;
    code.push_str("];\n\nfn demo_periods() -> Vec<TariffPeriod> {\n    vec![\n");
    let mut periods = Vec::new();
    for row in &file.tariff {
        let period = dated::Period::read(&row.valid_from, row.valid_to.as_deref())?;
        periods.push(period);
        if row.steps.first().is_none_or(|step| step.goods_from != 0)
            || !row.steps.is_sorted_by_key(|step| step.goods_from)
        {
            return Err("the steps of a tariff begin at 0 and rise".into());
        }
        write!(
            code,
            "        TariffPeriod {{ {}, enforce_legal_minimum: {}, steps: vec![",
            period.code(),
            row.enforce_legal_minimum
        )?;
        for step in &row.steps {
            write!(
                code,
                "Step {{ goods_from: Money::cents({}), fee: Money::cents({}) }}, ",
                step.goods_from, step.fee
            )?;
        }
        code.push_str("] },\n");
    }
    dated::check(periods, true)?;
    code.push_str("    ]\n}\n");
    Ok(code)
}
