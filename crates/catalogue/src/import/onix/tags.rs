//! Reference names and short tags of the elements that are read here, and nothing else of ONIX.
//!
//! Source: the ONIX for Books 2.1, 3.0 and 3.1 schemas of EDItEUR. A name means the same in all of them, except that
//! `Territory` and `MainSubject` changed from text to composite or back ([`super::release_2`] minds it).

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

/// What the name of an element says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// An element that is read, by its reference name.
    Known(&'static str),
    /// Markup inside a line of text, whose words belong to the line.
    Inline,
    /// An element that is not read, with everything in it.
    Other,
}

/// Reads a name with or without namespace prefix.
pub(super) fn read(name: &str) -> Tag {
    if let Some(reference) = REFERENCE_NAMES.get(name) {
        return Tag::Known(reference);
    }
    match without_prefix(name) {
        local if local.len() < name.len() => read(local),
        local if INLINE.contains(&local) => Tag::Inline,
        _ => Tag::Other,
    }
}

pub(super) fn without_prefix(name: &str) -> &str {
    let colon = name.bytes().rposition(|byte| byte == b':');
    colon
        .and_then(|colon| name.get(colon + 1..))
        .unwrap_or(name)
}

const INLINE: [&str; 10] = [
    "b", "i", "em", "strong", "sub", "sup", "span", "u", "small", "cite",
];

static REFERENCE_NAMES: LazyLock<FxHashMap<&'static str, &'static str>> = LazyLock::new(|| {
    TAGS.iter()
        .chain(TAGS_OF_2)
        .flat_map(|(reference, short)| [(*reference, *reference), (*short, *reference)])
        .collect()
});

const TAGS: &[(&str, &str)] = &[
    ("CollateralDetail", "collateraldetail"),
    ("Collection", "collection"),
    ("CollectionSequence", "collectionsequence"),
    ("CollectionSequenceNumber", "x481"),
    ("CollectionType", "x329"),
    ("ContentAudience", "x427"),
    ("ContentDate", "contentdate"),
    ("ContentDateRole", "x429"),
    ("Contributor", "contributor"),
    ("ContributorRole", "b035"),
    ("CorporateName", "b047"),
    ("CountriesExcluded", "x451"),
    ("CountriesIncluded", "x449"),
    ("CurrencyCode", "j152"),
    ("Date", "b306"),
    ("DateFormat", "j260"),
    ("DefaultCurrencyCode", "m186"),
    ("DefaultLanguageOfText", "m184"),
    ("DefaultPriceType", "x310"),
    ("DescriptiveDetail", "descriptivedetail"),
    ("Extent", "extent"),
    ("ExtentType", "b218"),
    ("ExtentUnit", "b220"),
    ("ExtentValue", "b219"),
    ("FeatureValue", "x439"),
    ("Header", "header"),
    ("IDValue", "b244"),
    ("Imprint", "imprint"),
    ("ImprintName", "b079"),
    ("KeyNames", "b040"),
    ("Language", "language"),
    ("LanguageCode", "b252"),
    ("LanguageRole", "b253"),
    ("MainSubject", "x425"),
    ("Market", "market"),
    ("MessageNumber", "m180"),
    ("MinimumOrderQuantity", "j263"),
    ("NamesAfterKey", "b041"),
    ("NamesBeforeKey", "b039"),
    ("NotificationType", "a002"),
    ("OrderTime", "j144"),
    ("PartNumber", "x410"),
    ("PersonName", "b036"),
    ("PersonNameInverted", "b037"),
    ("PrefixToKey", "b247"),
    ("Price", "price"),
    ("PriceAmount", "j151"),
    ("PriceCondition", "pricecondition"),
    ("PriceDate", "pricedate"),
    ("PriceDateRole", "x476"),
    ("PriceQualifier", "j261"),
    ("PriceType", "x462"),
    ("Product", "product"),
    ("ProductAvailability", "j396"),
    ("ProductForm", "b012"),
    ("ProductFormDetail", "b333"),
    ("ProductIDType", "b221"),
    ("ProductIdentifier", "productidentifier"),
    ("ProductSupply", "productsupply"),
    ("Publisher", "publisher"),
    ("PublisherName", "b081"),
    ("PublishingDate", "publishingdate"),
    ("PublishingDateRole", "x448"),
    ("PublishingDetail", "publishingdetail"),
    ("PublishingRole", "b291"),
    ("PublishingStatus", "b394"),
    ("ROWSalesRightsType", "x456"),
    ("RecordReference", "a001"),
    ("RegionsExcluded", "x452"),
    ("RegionsIncluded", "x450"),
    ("ResourceContentType", "x436"),
    ("ResourceLink", "x435"),
    ("ResourceMode", "x437"),
    ("ResourceVersion", "resourceversion"),
    ("ResourceVersionFeature", "resourceversionfeature"),
    ("ResourceVersionFeatureType", "x442"),
    ("SalesRights", "salesrights"),
    ("SalesRightsType", "b089"),
    ("Sender", "sender"),
    ("SenderIDType", "m379"),
    ("SenderIdentifier", "senderidentifier"),
    ("SenderName", "x298"),
    ("SentDateTime", "x307"),
    ("SequenceNumber", "b034"),
    ("SourceTitle", "x428"),
    ("Subject", "subject"),
    ("SubjectCode", "b069"),
    ("SubjectHeadingText", "b070"),
    ("SubjectSchemeIdentifier", "b067"),
    ("Subtitle", "b029"),
    ("SuffixToKey", "b248"),
    ("Supplier", "supplier"),
    ("SupplierRole", "j292"),
    ("SupplyDetail", "supplydetail"),
    ("SupportingResource", "supportingresource"),
    ("Tax", "tax"),
    ("TaxAmount", "x474"),
    ("TaxRatePercent", "x472"),
    ("TaxableAmount", "x473"),
    ("Territory", "territory"),
    ("Text", "d104"),
    ("TextContent", "textcontent"),
    ("TextAuthor", "d107"),
    ("TextSourceCorporate", "b374"),
    ("TextType", "x426"),
    ("TitleDetail", "titledetail"),
    ("TitleElement", "titleelement"),
    ("TitleElementLevel", "x409"),
    ("TitlePrefix", "b030"),
    ("TitleText", "b203"),
    ("TitleType", "b202"),
    ("TitleWithoutPrefix", "b031"),
    ("TradeCategory", "b384"),
    ("UnpricedItemType", "j192"),
];

/// Those that only 2.1 has, and the second short tags of the two that it uses otherwise.
const TAGS_OF_2: &[(&str, &str)] = &[
    ("Annotation", "d100"),
    ("AnnouncementDate", "b086"),
    ("AvailabilityCode", "j141"),
    ("BASICMainSubject", "b064"),
    ("ClassOfTrade", "j149"),
    ("CountryCode", "b251"),
    ("CountryExcluded", "j304"),
    ("CoverImageLink", "f113"),
    ("DefaultPriceTypeCode", "m185"),
    ("DistinctiveTitle", "b028"),
    ("EAN13", "b005"),
    ("EpubType", "b211"),
    ("FromCompany", "m174"),
    ("FromEANNumber", "m172"),
    ("FromSAN", "m173"),
    ("ISBN", "b004"),
    ("IntermediaryAvailabilityCode", "j348"),
    ("ItemNumberWithinSet", "b026"),
    ("LanguageOfText", "b059"),
    ("MainDescription", "d101"),
    ("MainSubject", "mainsubject"),
    ("MainSubjectSchemeIdentifier", "b191"),
    ("MediaFile", "mediafile"),
    ("MediaFileDate", "f373"),
    ("MediaFileFormatCode", "f115"),
    ("MediaFileLink", "f117"),
    ("MediaFileTypeCode", "f114"),
    ("NotForSale", "notforsale"),
    ("NumberOfPages", "b061"),
    ("NumberWithinSeries", "b019"),
    ("OnSaleDate", "j143"),
    ("OtherText", "othertext"),
    ("PriceEffectiveFrom", "j161"),
    ("PriceEffectiveUntil", "j162"),
    ("PriceTypeCode", "j148"),
    ("PublicationDate", "b003"),
    ("ReviewQuote", "e110"),
    ("RightsCountry", "b090"),
    ("RightsRegion", "b091"),
    ("RightsTerritory", "b388"),
    ("SentDate", "m182"),
    ("Series", "series"),
    ("Set", "set"),
    ("SupplyToCountry", "j138"),
    ("SupplyToCountryExcluded", "j140"),
    ("SupplyToRegion", "j139"),
    ("SupplyToTerritory", "j397"),
    ("TextPublicationDate", "d109"),
    ("TextSourceTitle", "d108"),
    ("TaxAmount1", "j156"),
    ("TaxAmount2", "j160"),
    ("TaxRatePercent1", "j154"),
    ("TaxRatePercent2", "j158"),
    ("TaxableAmount1", "j155"),
    ("TaxableAmount2", "j159"),
    ("Territory", "j303"),
    ("TerritoryExcluded", "j308"),
    ("TextTypeCode", "d102"),
    ("Title", "title"),
    ("TitleOfSeries", "b018"),
    ("TitleOfSet", "b023"),
    ("TranslationOfTitle", "b032"),
    ("YearFirstPublished", "b088"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o1_both_tag_sets_and_prefixes_name_the_same() {
        assert_eq!(read("RecordReference"), Tag::Known("RecordReference"));
        assert_eq!(read("a001"), Tag::Known("RecordReference"));
        assert_eq!(read("onix:a001"), Tag::Known("RecordReference"));
        assert_eq!(read("em"), Tag::Inline);
        assert_eq!(read("ContentItem"), Tag::Other);
        assert_eq!(read("j303"), read("territory"));
        // `Territory` and `MainSubject` have two short tags each.
        let names = (TAGS.len() + TAGS_OF_2.len()) * 2;
        assert_eq!(REFERENCE_NAMES.len(), names - 2);
    }
}
