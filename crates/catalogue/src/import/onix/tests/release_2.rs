//! ONIX 2.1 where it differs from 3.0 (the whole record is compared in `o1_release_2_1_says_the_same…`).

use super::*;
use crate::model::Citation;

/// The only edition of a 2.1 message with one product, of a title and `parts`.
fn edition_2(parts: &str) -> Edition {
    let title = "<Title><TitleType>01</TitleType><TitleText>T</TitleText></Title>";
    editions(&message_2(&format!("{title}{parts}")))
        .pop()
        .unwrap()
}

fn message_2(parts: &str) -> String {
    let header = "<Header><DefaultCurrencyCode>EUR</DefaultCurrencyCode></Header>";
    format!("<ONIXMessage>{header}{}</ONIXMessage>", product("r", parts))
}

fn price_2(parts: &str) -> Option<i64> {
    let supply = format!("<ProductForm>BC</ProductForm><SupplyDetail>{parts}</SupplyDetail>");
    edition_2(&supply)
        .price
        .map(|price| price.amount.as_cents())
}

#[test]
fn o1_titles_of_2_1_stand_in_composites_or_alone() {
    let titled = |parts: &str| {
        let edition = editions(&message_2(parts)).pop().unwrap();
        (edition.title, edition.subtitle)
    };
    let both = ("La Mer".to_owned(), Some("roman".to_owned()));
    for parts in [
        "<DistinctiveTitle>La Mer</DistinctiveTitle><Subtitle>roman</Subtitle>",
        "<TitlePrefix>La</TitlePrefix><TitleWithoutPrefix>Mer</TitleWithoutPrefix><Subtitle>roman</Subtitle>",
        "<Title><TitleText>La Mer</TitleText><Subtitle>roman</Subtitle></Title>",
        "<Title><TitleType>03</TitleType><TitleText>The Sea</TitleText></Title>\
         <Title><TitleType>01</TitleType><TitleText>La Mer</TitleText><Subtitle>roman</Subtitle></Title>",
    ] {
        assert_eq!(titled(parts), both, "{parts}");
    }
    let undefined = "<Title><TitleType>00</TitleType><TitleText>La Mer</TitleText></Title><Subtitle>roman</Subtitle>";
    assert_eq!(titled(undefined).0, "La Mer");
    let (incoming, notes) = read(&message_2("<ProductForm>BC</ProductForm>"));
    assert_eq!((incoming.len(), codes(&notes)), (0, vec!["no-title"]));
}

#[test]
fn o20_series_and_sets_of_2_1_are_series_when_numbered() {
    let parts = |parts: &str| {
        let edition = edition_2(parts);
        let series = edition
            .series
            .map(|series| (series.title, series.volume.unwrap()));
        (series, edition.collection)
    };
    let numbered = (Some(("Marées".to_owned(), "2".to_owned())), None);
    for sent in [
        "<Series><TitleOfSeries>Marées</TitleOfSeries><NumberWithinSeries>2</NumberWithinSeries></Series>",
        "<TitleOfSeries>Marées</TitleOfSeries><NumberWithinSeries>2</NumberWithinSeries>",
        "<Set><TitleOfSet>Marées</TitleOfSet><ItemNumberWithinSet>2</ItemNumberWithinSet></Set>",
    ] {
        assert_eq!(parts(sent), numbered, "{sent}");
    }
    assert_eq!(
        parts("<Series><TitleOfSeries>Folio</TitleOfSeries></Series>"),
        (None, Some("Folio".to_owned()))
    );
}

#[test]
fn o8_prices_of_2_1_are_chosen_by_the_same_rules() {
    let price = |kind: &str, amount: &str, more: &str| {
        format!(
            "<Price><PriceTypeCode>{kind}</PriceTypeCode><PriceAmount>{amount}</PriceAmount>{more}</Price>"
        )
    };
    assert_eq!(
        price_2(&(price("02", "9.00", "") + &price("04", "10.00", ""))),
        Some(1000)
    );
    assert_eq!(price_2(&price("05", "5.00", "")), None);
    assert_eq!(
        price_2(&price("04", "5.00", "<ClassOfTrade>library</ClassOfTrade>")),
        None
    );
    // O11
    assert_eq!(
        price_2(&price("04", "5.00", "<CountryCode>CH</CountryCode>")),
        None
    );
    let world = "<Territory>WORLD</Territory><CountryExcluded>FR</CountryExcluded>";
    assert_eq!(price_2(&price("04", "5.00", world)), None);
    let elsewhere = "<SupplyToCountry>CA</SupplyToCountry>";
    assert_eq!(
        price_2(&format!("{elsewhere}{}", price("04", "5.00", ""))),
        None
    );
    // O12
    let dated = price("04", "9.00", "")
        + &price(
            "04",
            "7.00",
            "<PriceEffectiveFrom>20261101</PriceEffectiveFrom>\
            <PriceEffectiveUntil>20261124</PriceEffectiveUntil>",
        );
    assert_eq!(price_2(&dated), Some(700));
    // O13
    let taxed = "<TaxRatePercent1>5.5</TaxRatePercent1><TaxableAmount1>20.00</TaxableAmount1>\
        <TaxRatePercent2>20</TaxRatePercent2><TaxableAmount2>10.00</TaxableAmount2>";
    assert_eq!(price_2(&price("03", "30.00", taxed)), Some(3310));
    assert_eq!(price_2("<UnpricedItemType>02</UnpricedItemType>"), None);
    // O10: a bare amount is of the type that the header names.
    let bare = message_2(
        "<DistinctiveTitle>T</DistinctiveTitle><SupplyDetail><PriceAmount>6.00</PriceAmount></SupplyDetail>",
    );
    let header = "<Header><DefaultPriceTypeCode>04</DefaultPriceTypeCode>";
    let edition = editions(&bare.replace("<Header>", header)).pop().unwrap();
    assert_eq!(edition.price.unwrap().amount, Money::cents(600));
}

#[test]
fn o14_availability_codes_of_2_1_mean_those_of_list_65() {
    let said = |code: &str| {
        edition_2(&format!(
            "<SupplyDetail><AvailabilityCode>{code}</AvailabilityCode></SupplyDetail>"
        ))
        .availability
    };
    for (code, availability) in [
        ("AB", Availability::Unavailable),
        ("AD", Availability::Unavailable),
        ("CS", Availability::Unknown),
        ("EX", Availability::Unavailable),
        ("IP", Availability::InStock),
        ("MD", Availability::PrintOnDemand),
        ("NP", Availability::Forthcoming),
        ("NY", Availability::Forthcoming),
        ("OF", Availability::Unavailable),
        ("OI", Availability::TemporarilyOut),
        ("OP", Availability::Unavailable),
        ("OR", Availability::Unavailable),
        ("PP", Availability::Unavailable),
        ("RF", Availability::Unavailable),
        ("RM", Availability::Unavailable),
        ("RP", Availability::TemporarilyOut),
        ("RU", Availability::TemporarilyOut),
        ("TO", Availability::ToOrder { days: 7 }),
        ("TP", Availability::TemporarilyOut),
        ("TU", Availability::TemporarilyOut),
        ("UR", Availability::TemporarilyOut),
        ("WR", Availability::InStock),
        ("WS", Availability::Unavailable),
        ("??", Availability::Unknown),
    ] {
        assert_eq!(said(code), availability, "{code}");
    }
    let both = "<SupplyDetail><AvailabilityCode>OP</AvailabilityCode><ProductAvailability>21</ProductAvailability></SupplyDetail>";
    assert_eq!(edition_2(both).availability, Availability::InStock);
}

#[test]
fn o15_subjects_forms_and_pages_of_2_1() {
    let edition = edition_2(
        "<ProductForm>DG</ProductForm><BASICMainSubject>FIC000000</BASICMainSubject><NumberOfPages>120</NumberOfPages>\
         <Extent><ExtentType>00</ExtentType><ExtentValue>118</ExtentValue><ExtentUnit>03</ExtentUnit></Extent>\
         <Subject><SubjectSchemeIdentifier>20</SubjectSchemeIdentifier><SubjectHeadingText>a</SubjectHeadingText></Subject>",
    );
    let subject = &edition.subjects[0];
    assert_eq!(
        (subject.scheme, subject.code.as_deref()),
        (SubjectScheme::Bisac, Some("FIC000000"))
    );
    assert_eq!((edition.form, edition.goods), (Form::Ebook, Goods::Ebook));
    assert_eq!(edition.pages, Some(118));
    let form = |form: &str| {
        let edition = edition_2(form);
        (edition.form, edition.goods)
    };
    assert_eq!(
        form("<EpubType>029</EpubType>"),
        (Form::Ebook, Goods::Ebook)
    );
    assert_eq!(
        form("<ProductForm>DH</ProductForm>"),
        (Form::Ebook, Goods::Ebook)
    );
    assert_eq!(
        form("<ProductForm>DB</ProductForm>"),
        (Form::Other, Goods::NewBook)
    );
    assert_eq!(
        form("<ProductForm>BB</ProductForm>"),
        (Form::Hardback, Goods::NewBook)
    );
    assert_eq!(
        form("<ProductForm>ZD</ProductForm>"),
        (Form::Other, Goods::Other)
    );
}

#[test]
fn o16_texts_of_2_1_are_told_apart_by_list_33() {
    let kinds = |parts: &str| -> Vec<_> {
        let texts = edition_2(parts).texts.into_iter();
        texts.map(|text| (text.kind, text.body)).collect()
    };
    let other = |code: &str| {
        kinds(&format!(
            "<OtherText><TextTypeCode>{code}</TextTypeCode><Text><p>a</p><script>b</script></Text></OtherText>"
        ))
    };
    let text = |kind| vec![(kind, "a".to_owned())];
    assert_eq!(other("01"), text(TextKind::Summary));
    assert_eq!(other("02"), text(TextKind::ShortDescription));
    assert_eq!(other("03"), text(TextKind::Summary));
    assert_eq!(other("04"), text(TextKind::TableOfContents));
    assert_eq!(other("08"), text(TextKind::Review));
    assert_eq!(other("25"), []);
    let alone = "<Annotation>a &lt;b&gt;b&lt;/b&gt;</Annotation><MainDescription><p>c</p></MainDescription>";
    assert_eq!(
        kinds(alone),
        [
            (TextKind::ShortDescription, "a b".to_owned()),
            (TextKind::Summary, "c".to_owned())
        ]
    );
}

#[test]
fn o3_supply_updates_of_2_1_are_block_updates_and_partial_ones_are_not() {
    let update = |kind: &str| {
        let sent =
            message_2("<SupplyDetail><ProductAvailability>21</ProductAvailability></SupplyDetail>")
                .replace("Type>03", &format!("Type>{kind}"));
        let (mut incoming, notes) = read(&sent);
        let blocks = incoming.pop().map(|incoming| match incoming {
            Incoming::Blocks(update) => update.blocks,
            other => panic!("{other:?}"),
        });
        (blocks, codes(&notes).first().copied())
    };
    assert_eq!(update("12"), (Some(vec![Block::Supply]), None));
    assert_eq!(update("14"), (Some(vec![Block::Supply]), None));
    assert_eq!(update("13"), (None, Some("partial-update")));
    let empty = message_2("<Title/>").replace("Type>03", "Type>12");
    let (incoming, notes) = read(&empty);
    assert_eq!((incoming.len(), codes(&notes)), (0, vec!["partial-update"]));
    assert_eq!(update("04"), (None, Some("partial-update")));
}

#[test]
fn o11_o12_rights_and_sale_dates_of_2_1() {
    let edition = edition_2(
        "<NotForSale><RightsCountry>FR</RightsCountry></NotForSale><SupplyDetail>\
         <ProductAvailability>21</ProductAvailability><OnSaleDate>20261201</OnSaleDate></SupplyDetail>",
    );
    assert_eq!(edition.availability, Availability::Unavailable);
    assert_eq!(edition.embargo.delivery, Some(date(2026, 12, 1)));
    let rights = |region: &str| {
        edition_2(&format!(
            "<SalesRights><SalesRightsType>03</SalesRightsType><RightsRegion>{region}</RightsRegion></SalesRights>\
             <SupplyDetail><ProductAvailability>21</ProductAvailability></SupplyDetail>"
        ))
        .availability
    };
    assert_eq!(rights("000"), Availability::Unavailable);
    assert_eq!(rights("002"), Availability::InStock);
}

#[test]
fn a_review_is_cited_with_its_author_its_source_and_its_day() {
    let cited = Citation {
        author: Some("Maud Le Goff".to_owned()),
        source: Some("La Gazette du Quai".to_owned()),
        published: Some(PublicationDate {
            year: 2026,
            month: Some(9),
            day: Some(3),
        }),
    };
    let of_2 = edition_2(
        "<OtherText><TextTypeCode>08</TextTypeCode><Text>Beau.</Text><TextAuthor>Maud Le Goff</TextAuthor>\
         <TextSourceTitle>La Gazette du Quai</TextSourceTitle>\
         <TextPublicationDate>20260903</TextPublicationDate></OtherText>",
    );
    let of_3 = edition(
        "",
        "<CollateralDetail><TextContent><TextType>06</TextType><ContentAudience>00</ContentAudience>\
         <Text>Beau.</Text><TextAuthor>Maud Le Goff</TextAuthor><SourceTitle>La Gazette du Quai</SourceTitle>\
         <ContentDate><ContentDateRole>01</ContentDateRole><Date>20260903</Date></ContentDate>\
         </TextContent></CollateralDetail>",
    );
    for edition in [of_2, of_3] {
        let text = edition.texts.first().unwrap();
        assert_eq!((text.kind, text.body.as_str()), (TextKind::Review, "Beau."));
        assert_eq!(text.cited.as_ref(), Some(&cited));
    }
    let alone = edition_2("<ReviewQuote>Beau.</ReviewQuote>");
    assert_eq!(alone.texts.first().unwrap().cited, None);
}
