//! How fast ONIX is read, and in how much memory: `cargo run --release -p catalogue --example onix_speed -- 5`.
//!
//! Reads that many gigabytes of a message that is made up while it is read, so that neither disk nor database counts.
//! Every product is parsed to an edition, and then let go. The making is measured apart, by reading the same stream
//! without looking at it. Time is processor time where the operating system tells it, so that neighbours count less.
//! Nothing of it is a real book.
//!
//! `… -- write FILE MEGABYTES` writes such a message instead, each product with an ISBN of its own, to be imported.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use catalogue::import::{Note, ReportSink, read_stream};
use jiff::civil::date;

/// The executable's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The ISBN of every product that is only read.
const ISBN: &str = "9782070541270";

/// Different products that take turns.
const PRODUCTS: usize = 997;

const WORDS: [&str; 24] = [
    "la",
    "mer",
    "équinoxe",
    "phare",
    "s’éteint",
    "dans",
    "une",
    "nuit",
    "où",
    "l’été",
    "finit",
    "trop",
    "tôt",
    "et",
    "les",
    "marées",
    "reviennent",
    "cœur",
    "forêt",
    "déjà",
    "naïf",
    "garçon",
    "&amp;",
    "œuvre",
];

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [write, file, megabytes] = arguments.as_slice()
        && write == "write"
    {
        let megabytes: u64 = megabytes.parse().map_err(io::Error::other)?;
        return write_message(Path::new(file), megabytes << 20);
    }
    measure();
    Ok(())
}

/// Writes a message of about so many bytes.
fn write_message(file: &Path, bytes: u64) -> io::Result<()> {
    let mut feed = Feed::of(bytes);
    let mut file = BufWriter::new(File::create(file)?);
    while !feed.ready.is_empty() {
        let own = isbn(feed.next);
        let product = String::from_utf8_lossy(&feed.ready).replace(ISBN, &own);
        file.write_all(product.as_bytes())?;
        feed.make_more();
    }
    file.flush()
}

/// The ISBN-13 of a French book, by its number.
fn isbn(number: usize) -> String {
    let figures = format!("9782{:08}", number % 100_000_000);
    let sum: u32 = figures
        .bytes()
        .zip([1, 3].into_iter().cycle())
        .map(|(figure, weight)| u32::from(figure - b'0') * weight)
        .sum();
    format!("{figures}{}", (10 - sum % 10) % 10)
}

fn measure() {
    let gigabytes: u64 = std::env::args()
        .nth(1)
        .and_then(|argument| argument.parse().ok())
        .unwrap_or(1);
    let bytes = gigabytes << 30;
    let making = made_in(Feed::of(bytes));
    let (mut editions, mut notes) = (0_u64, Count::default());
    let before = processor_seconds();
    let today = date(2026, 11, 23);
    let tally = read_stream(Box::new(Feed::of(bytes)), today, &mut notes, &mut |_| {
        editions += 1
    });
    let spent = processor_seconds() - before;
    let spent = if spent > 0.0 { spent } else { tally.seconds };
    let seconds = (spent - making).max(f64::EPSILON);
    let megabytes = tally.bytes as f64 / 1e6;
    println!(
        "{megabytes:.0} MB, {} products ({editions} taken, {} rejected, {} notes) in {seconds:.1} s besides {making:.1} s \
         of making them ({:.1} s on the clock): {:.0} MB/s, {:.0} products/s, peak memory {}",
        tally.products,
        tally.rejected,
        notes.0,
        tally.seconds,
        megabytes / seconds,
        tally.products as f64 / seconds,
        peak_memory(),
    );
}

#[derive(Default)]
struct Count(u64);

impl ReportSink for Count {
    fn note(&mut self, note: Note) {
        if self.0 == 0 {
            println!("first note: {note:?}");
        }
        self.0 += 1;
    }
}

/// Seconds to make the stream.
fn made_in(mut feed: Feed) -> f64 {
    let before = processor_seconds();
    let mut buffer = vec![0; 128 << 10];
    while feed.read(&mut buffer).is_ok_and(|read| read > 0) {}
    processor_seconds() - before
}

/// What this thread has had of a processor; 0 where the operating system does not say.
fn processor_seconds() -> f64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = spent
        .split_whitespace()
        .next()
        .and_then(|first| first.parse::<f64>().ok());
    nanoseconds.unwrap_or(0.0) / 1e9
}

/// The most memory this process has had, as the operating system counts it.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.unwrap_or("not known here").trim().to_owned()
}

/// A message of about so many bytes.
struct Feed {
    products: Vec<(String, String)>,
    next: usize,
    left: u64,
    ready: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Feed {
    fn of(bytes: u64) -> Feed {
        Feed {
            products: (0..PRODUCTS).map(product).collect(),
            next: 0,
            left: bytes,
            ready: HEADER.as_bytes().to_vec(),
            at: 0,
            ended: false,
        }
    }

    fn make_more(&mut self) {
        self.ready.clear();
        self.at = 0;
        if self.left == 0 {
            if !self.ended {
                self.ended = true;
                self.ready.extend_from_slice(b"</ONIXMessage>\n");
            }
            return;
        }
        let Some((before, after)) = self.products.get(self.next % PRODUCTS) else {
            return;
        };
        self.ready.extend_from_slice(before.as_bytes());
        self.ready
            .extend_from_slice(format!("{:012}", self.next).as_bytes());
        self.ready.extend_from_slice(after.as_bytes());
        self.next += 1;
        self.left = self.left.saturating_sub(self.ready.len() as u64);
    }
}

impl Read for Feed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            if self.at == self.ready.len() {
                self.make_more();
                if self.ready.is_empty() {
                    break;
                }
            }
            let ready = self.ready.get(self.at..).unwrap_or_default();
            let room = buffer.get_mut(filled..).unwrap_or_default();
            let bytes = ready.len().min(room.len());
            if let (Some(to), Some(from)) = (room.get_mut(..bytes), ready.get(..bytes)) {
                to.copy_from_slice(from);
            }
            self.at += bytes;
            filled += bytes;
        }
        Ok(filled)
    }
}

const HEADER: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <ONIXMessage release=\"3.0\" xmlns=\"http://ns.editeur.org/onix/3.0/reference\">\n  <Header>\n    <Sender>\n      \
    <SenderName>Mesure</SenderName>\n    </Sender>\n    <SentDateTime>20261123T0900+0100</SentDateTime>\n  </Header>\n";

/// `count` words, others for each `seed`.
fn words(seed: usize, count: usize) -> String {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    let words = (0..count).filter_map(|_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        WORDS.get((state >> 33) % WORDS.len())
    });
    words.copied().collect::<Vec<_>>().join(" ")
}

/// A product as large as publishers send them, before and after its reference; a third of it is its description.
fn product(seed: usize) -> (String, String) {
    let (title, subtitle, name) = (words(seed, 4), words(seed + 1, 6), words(seed + 2, 2));
    let description: String = (0..2 + seed % 4)
        .map(|part| {
            format!(
                "<p>{} <em>{}</em>.</p>",
                words(seed * 7 + part, 60),
                words(part, 3)
            )
        })
        .collect();
    let price = format!("{}.{:02}", 5 + seed % 30, seed % 100);
    let after = format!(
        r#"</RecordReference>
    <NotificationType>03</NotificationType>
    <RecordSourceType>01</RecordSourceType>
    <ProductIdentifier>
      <ProductIDType>03</ProductIDType>
      <IDValue>9782070541270</IDValue>
    </ProductIdentifier>
    <ProductIdentifier>
      <ProductIDType>15</ProductIDType>
      <IDValue>9782070541270</IDValue>
    </ProductIdentifier>
    <DescriptiveDetail>
      <ProductComposition>00</ProductComposition>
      <ProductForm>BC</ProductForm>
      <ProductFormDetail>B305</ProductFormDetail>
      <Measure>
        <MeasureType>01</MeasureType>
        <Measurement>205</Measurement>
        <MeasureUnitCode>mm</MeasureUnitCode>
      </Measure>
      <Measure>
        <MeasureType>02</MeasureType>
        <Measurement>140</Measurement>
        <MeasureUnitCode>mm</MeasureUnitCode>
      </Measure>
      <Measure>
        <MeasureType>08</MeasureType>
        <Measurement>280</Measurement>
        <MeasureUnitCode>gr</MeasureUnitCode>
      </Measure>
      <Collection>
        <CollectionType>10</CollectionType>
        <TitleDetail>
          <TitleType>01</TitleType>
          <TitleElement>
            <TitleElementLevel>02</TitleElementLevel>
            <TitleText>Collection des quais</TitleText>
          </TitleElement>
        </TitleDetail>
      </Collection>
      <TitleDetail>
        <TitleType>01</TitleType>
        <TitleElement>
          <TitleElementLevel>01</TitleElementLevel>
          <TitleText>{title}</TitleText>
          <Subtitle>{subtitle}</Subtitle>
        </TitleElement>
      </TitleDetail>
      <Contributor>
        <SequenceNumber>1</SequenceNumber>
        <ContributorRole>A01</ContributorRole>
        <PersonName>{name}</PersonName>
        <PersonNameInverted>{name}</PersonNameInverted>
        <BiographicalNote textformat="05"><p>{biography}</p></BiographicalNote>
      </Contributor>
      <Contributor>
        <SequenceNumber>2</SequenceNumber>
        <ContributorRole>B06</ContributorRole>
        <NamesBeforeKey>Maud</NamesBeforeKey>
        <KeyNames>Le Goff</KeyNames>
      </Contributor>
      <Language>
        <LanguageRole>01</LanguageRole>
        <LanguageCode>fre</LanguageCode>
      </Language>
      <Extent>
        <ExtentType>00</ExtentType>
        <ExtentValue>312</ExtentValue>
        <ExtentUnit>03</ExtentUnit>
      </Extent>
      <Subject>
        <MainSubject/>
        <SubjectSchemeIdentifier>93</SubjectSchemeIdentifier>
        <SubjectCode>FBA</SubjectCode>
      </Subject>
      <Subject>
        <MainSubject/>
        <SubjectSchemeIdentifier>29</SubjectSchemeIdentifier>
        <SubjectCode>3442</SubjectCode>
      </Subject>
      <Subject>
        <SubjectSchemeIdentifier>20</SubjectSchemeIdentifier>
        <SubjectHeadingText>mer ; phare ; équinoxe ; Bretagne</SubjectHeadingText>
      </Subject>
      <Audience>
        <AudienceCodeType>01</AudienceCodeType>
        <AudienceCodeValue>01</AudienceCodeValue>
      </Audience>
    </DescriptiveDetail>
    <CollateralDetail>
      <TextContent>
        <TextType>03</TextType>
        <ContentAudience>00</ContentAudience>
        <Text textformat="05">{description}</Text>
      </TextContent>
      <TextContent>
        <TextType>02</TextType>
        <ContentAudience>00</ContentAudience>
        <Text textformat="06">{subtitle}, {title}</Text>
      </TextContent>
      <SupportingResource>
        <ResourceContentType>01</ResourceContentType>
        <ContentAudience>00</ContentAudience>
        <ResourceMode>03</ResourceMode>
        <ResourceVersion>
          <ResourceForm>02</ResourceForm>
          <ResourceVersionFeature>
            <ResourceVersionFeatureType>01</ResourceVersionFeatureType>
            <FeatureValue>D502</FeatureValue>
          </ResourceVersionFeature>
          <ResourceLink>https://images.example.org/couvertures/9782070541270.jpg</ResourceLink>
        </ResourceVersion>
      </SupportingResource>
    </CollateralDetail>
    <PublishingDetail>
      <Imprint>
        <ImprintName>Quai Poche</ImprintName>
      </Imprint>
      <Publisher>
        <PublishingRole>01</PublishingRole>
        <PublisherName>Éditions du Quai</PublisherName>
      </Publisher>
      <CountryOfPublication>FR</CountryOfPublication>
      <PublishingStatus>04</PublishingStatus>
      <PublishingDate>
        <PublishingDateRole>01</PublishingDateRole>
        <Date dateformat="00">20260903</Date>
      </PublishingDate>
      <SalesRights>
        <SalesRightsType>01</SalesRightsType>
        <Territory>
          <RegionsIncluded>WORLD</RegionsIncluded>
        </Territory>
      </SalesRights>
    </PublishingDetail>
    <RelatedMaterial>
      <RelatedProduct>
        <ProductRelationCode>06</ProductRelationCode>
        <ProductIdentifier>
          <ProductIDType>15</ProductIDType>
          <IDValue>9780141439518</IDValue>
        </ProductIdentifier>
      </RelatedProduct>
    </RelatedMaterial>
    <ProductSupply>
      <Market>
        <Territory>
          <CountriesIncluded>FR MC BE LU CH</CountriesIncluded>
        </Territory>
      </Market>
      <SupplyDetail>
        <Supplier>
          <SupplierRole>02</SupplierRole>
          <SupplierIdentifier>
            <SupplierIDType>06</SupplierIDType>
            <IDValue>3010000000017</IDValue>
          </SupplierIdentifier>
          <SupplierName>Quai Diffusion</SupplierName>
        </Supplier>
        <ProductAvailability>21</ProductAvailability>
        <Price>
          <PriceType>04</PriceType>
          <PriceAmount>{price}</PriceAmount>
          <Tax>
            <TaxType>01</TaxType>
            <TaxRateCode>R</TaxRateCode>
            <TaxRatePercent>5.5</TaxRatePercent>
          </Tax>
          <CurrencyCode>EUR</CurrencyCode>
          <Territory>
            <CountriesIncluded>FR MC</CountriesIncluded>
          </Territory>
        </Price>
        <Price>
          <PriceType>04</PriceType>
          <PriceAmount>{price}</PriceAmount>
          <CurrencyCode>CHF</CurrencyCode>
          <Territory>
            <CountriesIncluded>CH</CountriesIncluded>
          </Territory>
        </Price>
      </SupplyDetail>
    </ProductSupply>
  </Product>
"#,
        biography = words(seed + 3, 50),
    );
    let before = "  <Product>\n    <RecordReference>".to_owned();
    (before, after)
}
