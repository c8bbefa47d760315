//! Prices, taxes, suppliers and rights: what a reader in France can buy, when and for how much (O8 to O15).

use super::*;
use crate::model::PriceChange;

/// The price of a product in that form with these price composites.
fn price(form: &str, prices: &str) -> Option<(i64, PriceRegime)> {
    let supply = format!("<ProductSupply><SupplyDetail>{prices}</SupplyDetail></ProductSupply>");
    let edition = edition(&format!("<ProductForm>{form}</ProductForm>"), &supply);
    edition
        .price
        .map(|price| (price.amount.as_cents(), price.regime))
}

fn sent(kind: &str, amount: &str, more: &str) -> String {
    format!("<Price><PriceType>{kind}</PriceType><PriceAmount>{amount}</PriceAmount>{more}</Price>")
}

#[test]
fn o8_the_type_decides_which_price_is_the_readers() {
    let fixed = |cents| Some((cents, PriceRegime::FixedFr));
    let free = |cents| Some((cents, PriceRegime::Free));
    for (form, types, expected) in [
        (
            "BC",
            vec![("02", "9.00"), ("04", "10.00"), ("34", "11.00")],
            fixed(1000),
        ),
        ("BC", vec![("02", "9.00"), ("34", "11.00")], fixed(1100)),
        ("BC", vec![("02", "9.00")], free(900)),
        ("EA", vec![("42", "7.99")], fixed(799)),
        ("BC", vec![("42", "7.99")], None),
        (
            "BC",
            vec![
                ("05", "5.00"),
                ("12", "6.00"),
                ("22", "6.00"),
                ("31", "6.00"),
            ],
            None,
        ),
        ("BC", vec![("03", "20.85")], fixed(2200)),
        ("BC", vec![("01", "20.85")], free(2200)),
        ("AJ", vec![("04", "15.00")], free(1500)),
        ("PC", vec![("04", "15.00")], free(1500)),
    ] {
        let prices: String = types
            .iter()
            .map(|(kind, amount)| sent(kind, amount, ""))
            .collect();
        assert_eq!(price(form, &prices), expected, "{form} {types:?}");
    }
}

#[test]
fn o9_prices_for_others_are_never_shown() {
    for (qualifier, shown) in [
        ("00", true),
        ("05", true),
        ("06", false),
        ("10", false),
        ("03", false),
        ("08", false),
    ] {
        let prices = sent(
            "04",
            "10.00",
            &format!("<PriceQualifier>{qualifier}</PriceQualifier>"),
        );
        assert_eq!(price("BC", &prices).is_some(), shown, "{qualifier}");
    }
    assert_eq!(
        price(
            "BC",
            &sent(
                "04",
                "1.00",
                "<MinimumOrderQuantity>10</MinimumOrderQuantity>"
            )
        ),
        None
    );
    assert_eq!(price("EA", &sent("04", "1.00", "<PriceCondition/>")), None);
}

#[test]
fn o11_the_territory_must_hold_france_and_the_nearer_one_wins() {
    let territory = |inside: &str| format!("<Territory>{inside}</Territory>");
    let here = territory("<CountriesIncluded>FR MC</CountriesIncluded>");
    let belgium = territory("<CountriesIncluded>BE</CountriesIncluded>");
    let world = territory("<RegionsIncluded>WORLD</RegionsIncluded>");
    let world_without = territory(
        "<RegionsIncluded>WORLD</RegionsIncluded><CountriesExcluded>CA FR</CountriesExcluded>",
    );
    let prices = |list: &[(&str, &str)]| -> String {
        list.iter()
            .map(|(amount, place)| sent("04", amount, place))
            .collect()
    };
    let cents = |prices: &str| price("BC", prices).map(|(cents, _)| cents);
    assert_eq!(
        cents(&prices(&[
            ("1.00", ""),
            ("2.00", &world),
            ("3.00", &here),
            ("4.00", &belgium)
        ])),
        Some(300)
    );
    assert_eq!(cents(&prices(&[("1.00", ""), ("2.00", &world)])), Some(200));
    assert_eq!(
        cents(&prices(&[("4.00", &belgium), ("5.00", &world_without)])),
        None
    );
    assert_eq!(
        cents(&sent("04", "6.00", "<CurrencyCode>CHF</CurrencyCode>")),
        None
    );
}

#[test]
fn o12_only_prices_open_today_count_and_the_more_precise_and_later_wins() {
    let dated = |from: &str, until: &str| {
        let date = |role: &str, day: &str| match day {
            "" => String::new(),
            day => format!(
                "<PriceDate><PriceDateRole>{role}</PriceDateRole><Date>{day}</Date></PriceDate>"
            ),
        };
        date("14", from) + &date("15", until)
    };
    let cents = |list: &[(&str, &str, &str)]| {
        let prices: String = list
            .iter()
            .map(|(amount, from, until)| sent("04", amount, &dated(from, until)))
            .collect();
        price("EA", &prices).map(|(cents, _)| cents)
    };
    assert_eq!(
        cents(&[
            ("9.99", "", ""),
            ("4.99", "20261101", "20261123"),
            ("8.99", "20261124", "")
        ]),
        Some(499)
    );
    assert_eq!(
        cents(&[("9.99", "20260101", ""), ("4.99", "20261101", "20261122")]),
        Some(999)
    );
    assert_eq!(
        cents(&[
            ("9.99", "20250101", ""),
            ("8.99", "20260101T000000+0100", "")
        ]),
        Some(899)
    );
    assert_eq!(cents(&[("9.99", "20261124", "")]), None);
    assert_eq!(cents(&[("9.99", "soon", "")]), None);
}

#[test]
fn o13_no_price_is_not_zero() {
    assert_eq!(
        price(
            "BC",
            "<Price><PriceType>04</PriceType><UnpricedItemType>02</UnpricedItemType></Price>"
        ),
        None
    );
    assert_eq!(price("BC", &sent("04", "0.00", "")), None);
    assert_eq!(price("BC", &sent("04", "ten", "")), None);
    assert_eq!(
        price("BC", &sent("04", "12,500", "")),
        Some((1250, PriceRegime::FixedFr))
    );
    let taxed = sent(
        "03",
        "10.00",
        "<Tax><TaxRatePercent>20</TaxRatePercent></Tax>",
    );
    assert_eq!(price("BC", &taxed), Some((1200, PriceRegime::FixedFr)));
}

#[test]
fn o14_availability_is_the_suppliers_unless_the_publisher_says_it_is_gone() {
    let said = |status: &str, codes: &[&str]| {
        let details: String = codes
            .iter()
            .map(|code| {
                format!(
                    "<SupplyDetail><ProductAvailability>{code}</ProductAvailability></SupplyDetail>"
                )
            })
            .collect();
        let blocks = format!(
            "<PublishingDetail><PublishingStatus>{status}</PublishingStatus></PublishingDetail>\
             <ProductSupply>{details}</ProductSupply>"
        );
        edition("", &blocks).availability
    };
    assert_eq!(said("04", &["21"]), Availability::InStock);
    assert_eq!(said("04", &["40", "23"]), Availability::PrintOnDemand);
    assert_eq!(said("07", &["21"]), Availability::Unavailable);
    assert_eq!(said("02", &[]), Availability::Forthcoming);
    assert_eq!(said("02", &["10"]), Availability::Forthcoming);
    assert_eq!(said("04", &[]), Availability::Unknown);
    assert_eq!(said("04", &["77"]), Availability::Unknown);
}

/// A supply detail of a supplier in that role, with this availability and price.
fn supplied(role: &str, availability: &str, amount: &str) -> String {
    format!(
        "<SupplyDetail><Supplier><SupplierRole>{role}</SupplierRole></Supplier>\
         <ProductAvailability>{availability}</ProductAvailability>{}</SupplyDetail>",
        sent("04", amount, "")
    )
}

fn market(country: &str, detail: &str) -> String {
    format!(
        "<ProductSupply><Market><Territory><CountriesIncluded>{country}</CountriesIncluded></Territory></Market>\
         {detail}</ProductSupply>"
    )
}

fn dated(amount: &str, from: &str, until: &str) -> String {
    let date = |role: &str, day: &str| match day {
        "" => String::new(),
        day => format!(
            "<PriceDate><PriceDateRole>{role}</PriceDateRole><Date>{day}</Date></PriceDate>"
        ),
    };
    sent("04", amount, &(date("14", from) + &date("15", until)))
}

#[test]
fn o10_a_price_is_in_the_currency_it_or_the_header_names_and_else_in_none() {
    let cents = |default: &str, currency: &str| {
        let supply = format!(
            "<ProductSupply><SupplyDetail>{}</SupplyDetail></ProductSupply>",
            sent("04", "10.00", currency)
        );
        let message = message(&product("r", &(super::hazards::titled("T") + &supply)));
        let message = message.replace("<DefaultCurrencyCode>EUR</DefaultCurrencyCode>", default);
        let price = editions(&message).pop().unwrap().price;
        price.map(|price| price.amount.as_cents())
    };
    let of = |code: &str| format!("<CurrencyCode>{code}</CurrencyCode>");
    let default = |code: &str| format!("<DefaultCurrencyCode>{code}</DefaultCurrencyCode>");
    assert_eq!(cents(&default("EUR"), ""), Some(1000));
    assert_eq!(cents(&default("CHF"), ""), None);
    assert_eq!(cents(&default("CHF"), &of("EUR")), Some(1000));
    assert_eq!(cents(&default("EUR"), &of("CHF")), None);
    assert_eq!(cents("", ""), None);
}

#[test]
fn o12_prices_that_begin_or_end_later_are_kept_by_day() {
    let prices = dated("9.99", "", "")
        + &dated("4.99", "20261201", "20261224")
        + &dated("8.99", "20270101", "");
    let blocks = format!("<ProductSupply><SupplyDetail>{prices}</SupplyDetail></ProductSupply>");
    let edition = edition("<ProductForm>EA</ProductForm>", &blocks);
    let change = |from, cents| PriceChange {
        from,
        price: Some(Price {
            amount: Money::cents(cents),
            regime: PriceRegime::FixedFr,
        }),
    };
    let changes = [
        change(date(2026, 12, 1), 499),
        change(date(2026, 12, 25), 999),
        change(date(2027, 1, 1), 899),
    ];
    assert_eq!(edition.price_changes, changes);
    for (day, cents) in [
        (TODAY, 999),
        (date(2026, 12, 1), 499),
        (date(2026, 12, 24), 499),
        (date(2026, 12, 25), 999),
        (date(2028, 1, 1), 899),
    ] {
        let amount = edition.price_on(day).unwrap().amount;
        assert_eq!(amount, Money::cents(cents), "{day}");
    }
}

#[test]
fn o12_a_book_may_have_its_first_price_tomorrow_and_none_the_day_after() {
    let blocks = format!(
        "<ProductSupply><SupplyDetail>{}</SupplyDetail></ProductSupply>",
        dated("9.99", "20261124", "20261124")
    );
    let edition = edition("<ProductForm>BC</ProductForm>", &blocks);
    assert_eq!(edition.price, None);
    assert_eq!(
        edition.price_on(date(2026, 11, 24)).unwrap().amount,
        Money::cents(999)
    );
    assert_eq!(edition.price_on(date(2026, 11, 25)), None);
}

#[test]
fn o12_embargoes_are_kept_by_what_they_forbid() {
    let dates: String = [("01", "20261231"), ("02", "20261201"), ("09", "20261101"), ("27", "20261115")]
        .iter()
        .map(|(role, day)| {
            format!("<PublishingDate><PublishingDateRole>{role}</PublishingDateRole><Date>{day}</Date></PublishingDate>")
        })
        .collect();
    let embargo = edition("", &format!("<PublishingDetail>{dates}</PublishingDetail>")).embargo;
    assert_eq!(embargo.display, Some(date(2026, 11, 1)));
    assert_eq!(embargo.order, Some(date(2026, 11, 15)));
    assert_eq!(embargo.delivery, Some(date(2026, 12, 1)));
}

#[test]
fn o13_the_taxes_sent_make_the_price_and_are_compared_with_the_law() {
    let tax = |parts: &[(&str, &str)]| -> String {
        let inside: String = parts
            .iter()
            .map(|(name, value)| format!("<{name}>{value}</{name}>"))
            .collect();
        format!("<Tax>{inside}</Tax>")
    };
    let rate = |percent| tax(&[("TaxRatePercent", percent)]);
    let book_and_disc = tax(&[("TaxRatePercent", "5.5"), ("TaxableAmount", "20.00")])
        + &tax(&[("TaxRatePercent", "20"), ("TaxableAmount", "10.00")]);
    for (taxes, cents) in [
        (String::new(), 3165),
        (rate("5.5"), 3165),
        (rate("20"), 3600),
        (rate("0"), 3000),
        (tax(&[("TaxAmount", "1.65")]), 3165),
        (book_and_disc, 2110 + 1200),
        (tax(&[("TaxRateCode", "R")]), 3165),
    ] {
        let price = price("BC", &sent("03", "30.00", &taxes)).unwrap().0;
        assert_eq!(price, cents, "{taxes}");
    }
    for (taxes, code) in [
        (rate("5.5"), None),
        (rate("5.50"), None),
        (rate("20"), Some("tax-disagrees")),
        (String::new(), None),
    ] {
        let blocks = format!(
            "<DescriptiveDetail><ProductForm>BC</ProductForm><TitleDetail><TitleType>01</TitleType><TitleElement>\
             <TitleElementLevel>01</TitleElementLevel><TitleText>T</TitleText></TitleElement></TitleDetail>\
             </DescriptiveDetail><ProductSupply><SupplyDetail>{}</SupplyDetail></ProductSupply>",
            sent("04", "30.00", &taxes)
        );
        let (_, notes) = read(&message(&product("r", &blocks)));
        assert_eq!(codes(&notes).first().copied(), code, "{taxes}");
    }
}

#[test]
fn o13_every_reason_for_no_price_leaves_the_book_without_one() {
    for reason in ["01", "02", "03", "04"] {
        let unpriced = format!(
            "<Price><PriceType>04</PriceType><UnpricedItemType>{reason}</UnpricedItemType></Price>"
        );
        assert_eq!(price("BC", &unpriced), None, "{reason}");
    }
}

#[test]
fn o14_of_several_suppliers_market_then_role_then_availability_decides() {
    let chosen = |supplies: &str| {
        let edition = edition("", supplies);
        (
            edition.price.unwrap().amount.as_cents(),
            edition.availability,
        )
    };
    let world = format!(
        "<ProductSupply>{}</ProductSupply>",
        supplied("01", "21", "1.00")
    );
    let for_france = market("FR", &supplied("04", "31", "2.00"));
    assert_eq!(
        chosen(&(world.clone() + &for_france)),
        (200, Availability::TemporarilyOut)
    );
    let for_belgium = market("BE", &supplied("01", "21", "3.00"));
    assert_eq!(chosen(&(for_belgium + &for_france)).0, 200);
    let by_role = supplied("09", "21", "1.00")
        + &supplied("04", "21", "2.00")
        + &supplied("02", "22", "3.00");
    assert_eq!(chosen(&market("FR", &by_role)).0, 300);
    let by_availability = supplied("02", "31", "1.00") + &supplied("02", "21", "2.00");
    assert_eq!(
        chosen(&market("FR", &by_availability)),
        (200, Availability::InStock)
    );
}

#[test]
fn o11_what_the_publisher_does_not_sell_in_france_is_not_available() {
    let availability = |rights: &str| {
        let blocks = format!(
            "<PublishingDetail>{rights}</PublishingDetail><ProductSupply>{}</ProductSupply>",
            supplied("01", "21", "1.00")
        );
        edition("", &blocks).availability
    };
    let right = |kind: &str, place: &str| {
        format!(
            "<SalesRights><SalesRightsType>{kind}</SalesRightsType><Territory>{place}</Territory></SalesRights>"
        )
    };
    let here = "<CountriesIncluded>BE FR</CountriesIncluded>";
    let there = "<CountriesIncluded>CA US</CountriesIncluded>";
    let world = "<RegionsIncluded>WORLD</RegionsIncluded>";
    let rest = |kind: &str| format!("<ROWSalesRightsType>{kind}</ROWSalesRightsType>");
    for (rights, sold) in [
        (String::new(), true),
        (right("01", world), true),
        (right("03", world), false),
        (right("01", world) + &right("06", here), false),
        (right("03", world) + &right("02", here), true),
        (right("01", there), true),
        (right("01", there) + &rest("03"), false),
        (right("03", there) + &rest("01"), true),
    ] {
        let found = availability(&rights);
        let expected = match sold {
            true => Availability::InStock,
            false => Availability::Unavailable,
        };
        assert_eq!(found, expected, "{rights}");
    }
}

#[test]
fn o15_school_and_pocket_books_and_the_main_subject_of_each_scheme() {
    let traded = |category: &str| {
        let edition = edition(
            &format!("<ProductForm>BC</ProductForm><TradeCategory>{category}</TradeCategory>"),
            "",
        );
        (edition.school_book, edition.form)
    };
    assert_eq!(traded("04"), (false, Form::Pocket));
    assert_eq!(traded("08"), (true, Form::Paperback));
    assert_eq!(traded("09"), (true, Form::Paperback));
    assert_eq!(traded("03"), (false, Form::Paperback));

    let subject = |main: bool, scheme: &str, code: &str| {
        let main = if main { "<MainSubject/>" } else { "" };
        format!(
            "<Subject>{main}<SubjectSchemeIdentifier>{scheme}</SubjectSchemeIdentifier>\
             <SubjectCode>{code}</SubjectCode></Subject>"
        )
    };
    let words = "<Subject><SubjectSchemeIdentifier>20</SubjectSchemeIdentifier>\
        <SubjectHeadingText>mer ; phare</SubjectHeadingText></Subject>";
    let sent = subject(false, "93", "FB")
        + &subject(false, "10", "FIC000000")
        + words
        + &subject(true, "93", "FBA")
        + &subject(true, "29", "3442")
        + &subject(false, "94", "1DDF")
        + &subject(false, "24", "house code");
    let subjects: Vec<_> = edition(&sent, "")
        .subjects
        .into_iter()
        .map(|subject| (subject.scheme, subject.code.unwrap_or(subject.heading)))
        .collect();
    let expected = [
        (SubjectScheme::Thema, "FBA"),
        (SubjectScheme::Clil, "3442"),
        (SubjectScheme::Thema, "FB"),
        (SubjectScheme::Bisac, "FIC000000"),
        (SubjectScheme::Keyword, "mer"),
        (SubjectScheme::Keyword, "phare"),
        (SubjectScheme::Thema, "1DDF"),
    ];
    assert_eq!(
        subjects,
        expected.map(|(scheme, word)| (scheme, word.to_owned()))
    );
}
