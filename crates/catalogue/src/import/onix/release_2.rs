//! ONIX 2.1 said in the words of 3.0, so that one set of readers serves both.
//!
//! What 2.1 puts side by side in the product is sorted into the blocks of 3.0; elements that stood alone become the
//! composites that replaced them; codes whose lists changed (7, 33, 54) become those of lists 150, 153 and 65. Only
//! what is read is said again. Which of two products it is, is seen by its blocks, never by what the message claims.

use super::tree::Element;

/// The blocks of a product in 3.x: 2.1 has none of them.
const BLOCKS: [&str; 4] = [
    "DescriptiveDetail",
    "CollateralDetail",
    "PublishingDetail",
    "ProductSupply",
];

/// Whether a product has a block, and so is of 3.x.
pub(super) fn is_of_3(product: &Element) -> bool {
    BLOCKS.iter().any(|block| product.child(block).is_some())
}

/// The product in the words of 3.0, whichever it came in.
pub(super) fn in_words_of_3(product: Element) -> Element {
    if is_of_3(&product) {
        return product;
    }
    let mut sorted = Sorted::default();
    for element in product.into_children() {
        sorted.take(element);
    }
    sorted.finish()
}

/// The parts of a 2.1 product, by the block of 3.0 that they belong to.
#[derive(Default)]
struct Sorted {
    product: Vec<Element>,
    description: Vec<Element>,
    collateral: Vec<Element>,
    publishing: Vec<Element>,
    /// Titles and series that stand in the product itself, without a composite.
    bare_title: Vec<Element>,
    bare_series: Vec<Element>,
    /// Descriptions that count only when there is no better one, so they come last.
    afterthoughts: Vec<Element>,
}

impl Sorted {
    fn take(&mut self, element: Element) {
        match element.name {
            "RecordReference" | "NotificationType" | "ProductIdentifier" => {
                self.product.push(element)
            }
            "ISBN" => self.product.push(identifier("02", element)),
            "EAN13" => self.product.push(identifier("03", element)),
            "SupplyDetail" => self.take_supply(element),
            "Title" => self.description.push(title_detail(element)),
            "DistinctiveTitle" => self.bare_title.push(element.renamed("TitleText")),
            "TitlePrefix" | "TitleWithoutPrefix" | "Subtitle" => self.bare_title.push(element),
            "TranslationOfTitle" => self.description.push(original_title(element)),
            "Series" | "Set" => self.description.push(collection(element)),
            "TitleOfSeries" | "NumberWithinSeries" => self.bare_series.push(element),
            "LanguageOfText" => self.description.push(language_of_text(element)),
            "NumberOfPages" => self.afterthoughts.push(page_count(element)),
            "BASICMainSubject" => self.description.push(basic_main_subject(element)),
            "MainSubject" => self.description.push(main_subject(element)),
            "ProductForm" => self.description.push(product_form(element)),
            "EpubType" => self
                .afterthoughts
                .push(Element::with_text("ProductForm", "ED")),
            "Contributor" | "Language" | "Extent" | "Subject" | "ProductFormDetail"
            | "TradeCategory" => self.description.push(element),
            _ => self.take_text_or_publishing(element),
        }
    }

    fn take_text_or_publishing(&mut self, element: Element) {
        match element.name {
            "OtherText" => self.collateral.extend(other_text(element)),
            "MediaFile" => self.collateral.extend(front_cover(element)),
            "CoverImageLink" => self
                .collateral
                .push(supporting_resource(vec![element.renamed("ResourceLink")])),
            "Annotation" => self.collateral.push(text_content("02", element)),
            "MainDescription" => self.collateral.push(text_content("03", element)),
            "ReviewQuote" => self.collateral.push(text_content("06", element)),
            "ImprintName" => self.publishing.push(Element::of("Imprint", vec![element])),
            "PublisherName" => self
                .publishing
                .push(Element::of("Publisher", vec![element])),
            "PublicationDate" => self.publish_on("01", element),
            "YearFirstPublished" => self.publish_on("11", element),
            "AnnouncementDate" => self.publish_on("09", element),
            "SalesRights" => self
                .publishing
                .push(with_territory("SalesRights", element.into_children())),
            "NotForSale" => self.publishing.push(not_for_sale(element)),
            "Imprint" | "Publisher" | "PublishingStatus" => self.publishing.push(element),
            _ => {}
        }
    }

    /// Each supply detail may have a market of its own. The day it goes on sale is the publisher's in 3.0.
    fn take_supply(&mut self, detail: Element) {
        let (mut places, mut parts) = (Vec::new(), Vec::new());
        for part in detail.into_children() {
            match part.name {
                "OnSaleDate" => self.publish_on("02", part),
                name if role_of_place(name).is_some() => places.push(part),
                _ => parts.push(part),
            }
        }
        let mut supply = Vec::new();
        if !places.is_empty() {
            supply.push(with_territory("Market", places));
        }
        supply.push(supply_detail(parts));
        self.product.push(Element::of("ProductSupply", supply));
    }

    fn publish_on(&mut self, role: &str, date: Element) {
        let date = dated("PublishingDate", "PublishingDateRole", role, date);
        self.publishing.push(date);
    }

    fn finish(mut self) -> Element {
        let is_words = |part: &Element| matches!(part.name, "TitleText" | "TitleWithoutPrefix");
        if self.bare_title.iter().any(is_words) {
            self.description
                .push(title_detail(Element::of("Title", self.bare_title)));
        }
        if !self.bare_series.is_empty() {
            self.description
                .push(collection(Element::of("Series", self.bare_series)));
        }
        self.description.append(&mut self.afterthoughts);
        let blocks = [
            ("DescriptiveDetail", self.description),
            ("CollateralDetail", self.collateral),
            ("PublishingDetail", self.publishing),
        ];
        for (name, parts) in blocks {
            if !parts.is_empty() {
                self.product.push(Element::of(name, parts));
            }
        }
        Element::of("Product", self.product)
    }
}

fn identifier(kind: &'static str, value: Element) -> Element {
    let kind = Element::with_text("ProductIDType", kind);
    Element::of("ProductIdentifier", vec![kind, value.renamed("IDValue")])
}

/// A `Title` has its type beside its words; 3.0 has the words in an element with a level.
fn title_detail(title: Element) -> Element {
    let (kind, words): (Vec<_>, Vec<_>) = title
        .into_children()
        .into_iter()
        .partition(|part| part.name == "TitleType");
    let kind = kind.into_iter().next();
    let kind = kind.unwrap_or_else(|| Element::with_text("TitleType", "01"));
    Element::of("TitleDetail", vec![kind, title_element("01", words)])
}

fn title_element(level: &'static str, mut words: Vec<Element>) -> Element {
    words.push(Element::with_text("TitleElementLevel", level));
    Element::of("TitleElement", words)
}

fn original_title(title: Element) -> Element {
    let kind = Element::with_text("TitleType", "03");
    let words = vec![title.renamed("TitleText")];
    Element::of("TitleDetail", vec![kind, title_element("01", words)])
}

/// A series, or the set that a volume belongs to, with the number in it.
fn collection(series: Element) -> Element {
    let mut words = Vec::new();
    for part in series.into_children() {
        match part.name {
            "TitleOfSeries" | "TitleOfSet" => words.push(part.renamed("TitleText")),
            "NumberWithinSeries" | "ItemNumberWithinSet" => {
                words.push(part.renamed("PartNumber"));
            }
            "Title" => words.extend(part.into_children()),
            _ => {}
        }
    }
    let kind = Element::with_text("CollectionType", "10");
    let title = Element::of("TitleDetail", vec![title_element("02", words)]);
    Element::of("Collection", vec![kind, title])
}

fn language_of_text(code: Element) -> Element {
    let role = Element::with_text("LanguageRole", "01");
    Element::of("Language", vec![role, code.renamed("LanguageCode")])
}

fn page_count(pages: Element) -> Element {
    let kind = Element::with_text("ExtentType", "00");
    Element::of("Extent", vec![kind, pages.renamed("ExtentValue")])
}

fn basic_main_subject(code: Element) -> Element {
    let scheme = Element::with_text("SubjectSchemeIdentifier", "10");
    let main = Element::of("MainSubject", Vec::new());
    let code = code.renamed("SubjectCode");
    Element::of("Subject", vec![main, scheme, code])
}

/// List 26 numbers its schemes as list 27 does.
fn main_subject(subject: Element) -> Element {
    let mut parts = vec![Element::of("MainSubject", Vec::new())];
    for part in subject.into_children() {
        parts.push(match part.name {
            "MainSubjectSchemeIdentifier" => part.renamed("SubjectSchemeIdentifier"),
            _ => part,
        });
    }
    Element::of("Subject", parts)
}

/// List 7 as list 150: files had no letter of their own, and some forms moved.
fn product_form(form: Element) -> Element {
    let code = match form.own_text() {
        Some("DG") => "ED",
        Some("DH") => "EC",
        Some("DD") => "DI",
        Some("DO") => "LB",
        Some("WW") => "SA",
        Some("WX") => "XL",
        _ => return form,
    };
    Element::with_text("ProductForm", code)
}

fn text_content(kind: &'static str, text: Element) -> Element {
    let kind = Element::with_text("TextType", kind);
    Element::of("TextContent", vec![kind, text.renamed("Text")])
}

/// List 33 as list 153; none for texts that are not for readers, or not read.
fn other_text(other: Element) -> Option<Element> {
    let kind = match other.text("TextTypeCode")? {
        "01" | "03" | "12" => "03",
        "02" => "02",
        "04" => "04",
        "05" | "07" | "08" => "06",
        _ => return None,
    };
    let mut parts = vec![Element::with_text("TextType", kind)];
    for part in other.into_children() {
        match part.name {
            "Text" | "TextAuthor" | "TextSourceCorporate" => parts.push(part),
            "TextSourceTitle" => parts.push(part.renamed("SourceTitle")),
            "TextPublicationDate" => {
                parts.push(dated("ContentDate", "ContentDateRole", "01", part))
            }
            _ => {}
        }
    }
    let has_text = parts.iter().any(|part| part.name == "Text");
    has_text.then(|| Element::of("TextContent", parts))
}

/// A `MediaFile` that is a picture of the front cover (list 38: 04, 06), its format (list 39) as in list 178.
fn front_cover(file: Element) -> Option<Element> {
    if !matches!(file.text("MediaFileTypeCode"), Some("04" | "06")) {
        return None;
    }
    let mut version = Vec::new();
    for part in file.into_children() {
        match part.name {
            "MediaFileLink" => version.push(part.renamed("ResourceLink")),
            "MediaFileFormatCode" => version.extend(file_format(&part)),
            "MediaFileDate" => version.push(dated("ContentDate", "ContentDateRole", "17", part)),
            _ => {}
        }
    }
    Some(supporting_resource(version))
}

fn file_format(code: &Element) -> Option<Element> {
    let format = match code.own_text()? {
        "02" => "D501",
        "03" => "D502",
        "04" => "D401",
        "05" => "D504",
        "09" => "D503",
        _ => return None,
    };
    let parts = vec![
        Element::with_text("ResourceVersionFeatureType", "01"),
        Element::with_text("FeatureValue", format),
    ];
    Some(Element::of("ResourceVersionFeature", parts))
}

fn supporting_resource(version: Vec<Element>) -> Element {
    let parts = vec![
        Element::with_text("ResourceContentType", "01"),
        Element::of("ResourceVersion", version),
    ];
    Element::of("SupportingResource", parts)
}

/// `NotForSale` was a composite of its own; in 3.0 it is a kind of sales rights (list 46, 03).
fn not_for_sale(places: Element) -> Element {
    let mut parts = places.into_children();
    parts.push(Element::with_text("SalesRightsType", "03"));
    with_territory("SalesRights", parts)
}

fn supply_detail(sent: Vec<Element>) -> Element {
    let mut parts = Vec::new();
    let mut bare_price = Vec::new();
    if sent.iter().all(|part| part.name != "ProductAvailability") {
        parts.extend(availability(&sent));
    }
    for part in sent {
        match part.name {
            "Price" => parts.push(price(part.into_children())),
            "PriceAmount" | "UnpricedItemType" => bare_price.push(part),
            "SupplierRole" => parts.push(Element::of("Supplier", vec![part])),
            _ => parts.push(part),
        }
    }
    if !bare_price.is_empty() {
        parts.push(price(bare_price));
    }
    Element::of("SupplyDetail", parts)
}

/// List 54, of the supplier or of the intermediary, as list 65.
fn availability(parts: &[Element]) -> Option<Element> {
    let sent = |name: &str| parts.iter().find(|part| part.name == name)?.own_text();
    let code = match sent("AvailabilityCode").or_else(|| sent("IntermediaryAvailabilityCode"))? {
        "AB" => "01",
        "PP" => "09",
        "NP" => "10",
        "NY" => "11",
        "IP" => "20",
        // To be remaindered from a date on, and until then there.
        "WR" => "21",
        "TO" => "22",
        "MD" => "23",
        "TU" => "30",
        "OI" | "TP" => "31",
        "RP" | "RU" => "32",
        "UR" => "33",
        "RF" => "40",
        "OR" => "41",
        "OF" => "42",
        "EX" => "43",
        "AD" => "44",
        "WS" => "46",
        "RM" => "47",
        "OP" => "51",
        "CS" => "99",
        unknown => return Some(Element::with_text("ProductAvailability", unknown)),
    };
    Some(Element::with_text("ProductAvailability", code))
}

fn price(sent: Vec<Element>) -> Element {
    let (mut parts, mut first_tax, mut second_tax) = (Vec::new(), Vec::new(), Vec::new());
    for part in sent {
        match part.name {
            "PriceTypeCode" => parts.push(part.renamed("PriceType")),
            "PriceEffectiveFrom" => parts.push(dated("PriceDate", "PriceDateRole", "14", part)),
            "PriceEffectiveUntil" => parts.push(dated("PriceDate", "PriceDateRole", "15", part)),
            // A price for one class of trade is not everyone's.
            "ClassOfTrade" => parts.push(Element::of("PriceCondition", Vec::new())),
            "TaxRatePercent1" => first_tax.push(part.renamed("TaxRatePercent")),
            "TaxableAmount1" => first_tax.push(part.renamed("TaxableAmount")),
            "TaxAmount1" => first_tax.push(part.renamed("TaxAmount")),
            "TaxRatePercent2" => second_tax.push(part.renamed("TaxRatePercent")),
            "TaxableAmount2" => second_tax.push(part.renamed("TaxableAmount")),
            "TaxAmount2" => second_tax.push(part.renamed("TaxAmount")),
            _ => parts.push(part),
        }
    }
    let taxes = [first_tax, second_tax].into_iter();
    parts.extend(
        taxes
            .filter(|tax| !tax.is_empty())
            .map(|tax| Element::of("Tax", tax)),
    );
    with_territory("Price", parts)
}

/// A date whose meaning its name said, as a composite in which a role says it.
fn dated(name: &'static str, role_name: &'static str, role: &str, date: Element) -> Element {
    let role = Element::with_text(role_name, role);
    Element::of(name, vec![role, date.renamed("Date")])
}

/// An element of these parts, in which the places they list stand in a territory.
fn with_territory(name: &'static str, parts: Vec<Element>) -> Element {
    let mut others = Vec::new();
    let mut places = Vec::new();
    for part in parts {
        match (role_of_place(part.name), part.own_text()) {
            // List 47 numbered the world, and the rest of it.
            (Some(role), Some("000")) => places.push(Element::with_text(role, "WORLD")),
            (Some(role), Some("001")) => places.push(Element::with_text(role, "ROW")),
            (Some(role), _) => places.push(part.renamed(role)),
            (None, _) => others.push(part),
        }
    }
    if !places.is_empty() {
        others.push(Element::of("Territory", places));
    }
    Element::of(name, others)
}

/// What an element that lists places is called in a territory of 3.0.
fn role_of_place(name: &str) -> Option<&'static str> {
    Some(match name {
        "CountryCode" | "RightsCountry" | "SupplyToCountry" => "CountriesIncluded",
        "Territory" | "RightsTerritory" | "RightsRegion" | "SupplyToTerritory"
        | "SupplyToRegion" => "RegionsIncluded",
        "CountryExcluded" | "SupplyToCountryExcluded" => "CountriesExcluded",
        "TerritoryExcluded" => "RegionsExcluded",
        _ => return None,
    })
}
