//! Countries of ISO 3166-1 and Kosovo: name, alpha-2, alpha-3 and numeric code; and what else
//! stands in their place.
//!
//! The codes are facts of the standards: ISO 3166-1 and 3166-3 (former names), and ICAO Doc 9303
//! part 3, section 5, for what machine-readable documents have besides. The English short names
//! follow common use.

use crate::search;

/// A country or territory that ISO 3166-1 lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country {
    /// English short name, as shown in pickers.
    pub name: &'static str,
    /// Two letters (`TW`).
    pub alpha2: &'static str,
    /// Three letters (`TWN`); what KryptoGO takes.
    pub alpha3: &'static str,
    /// Three digits as text (`158`); empty for Kosovo, which has none.
    pub numeric: &'static str,
}

/// Finds a country by any of its codes, whatever the case: those of ISO, those of machine-readable
/// documents, and former ones that one country alone goes on from.
#[must_use]
pub fn find(code: &str) -> Option<&'static Country> {
    let code = bare(code);
    if code.is_empty() {
        return None;
    }
    let of_iso = |code: &str| {
        COUNTRIES.iter().find(|c| {
            c.alpha3.eq_ignore_ascii_case(code)
                || c.alpha2.eq_ignore_ascii_case(code)
                || (c.numeric == code && !code.is_empty())
        })
    };
    of_iso(code).or_else(|| odd(code).and_then(|odd| of_iso(odd.country)))
}

/// Finds a country by a code or by a name in English or in a language of its own, as people write
/// it in tables.
#[must_use]
pub fn understand(text: &str) -> Option<&'static Country> {
    find(text).or_else(|| {
        let plain = |text: &str| search::words(text).concat();
        let typed = plain(text);
        if typed.is_empty() {
            return None;
        }
        let by_name = COUNTRIES.iter().find(|c| plain(c.name) == typed);
        by_name.or_else(|| {
            NAMES.iter().find(|(name, _)| plain(name) == typed).and_then(|(_, code)| find(code))
        })
    })
}

/// What a code stands for that is no country's own: a former country, a kind of British
/// nationality, nobody's citizen.
#[must_use]
pub fn explain(code: &str) -> Option<&'static str> {
    odd(code).map(|odd| odd.words)
}

/// What people read in a code's place: its country with the code, what else it stands for, or the
/// code alone.
#[must_use]
pub fn in_words(code: &str) -> String {
    match (explain(code), find(code)) {
        (Some(words), _) => format!("{words} ({})", bare(code).to_uppercase()),
        (None, Some(country)) => format!("{} ({})", country.name, country.alpha3),
        (None, None) => code.to_owned(),
    }
}

/// A code that is not one of ISO 3166-1's.
struct Odd {
    code: &'static str,
    words: &'static str,
    /// The country that it stands for or that goes on from it, by alpha-3; empty for none.
    country: &'static str,
}

/// A code without the fillers that machine-readable zones put behind a short one: `D<<`.
fn bare(code: &str) -> &str {
    code.trim().trim_end_matches('<')
}

fn odd(code: &str) -> Option<&'static Odd> {
    let code = bare(code);
    ODD.iter().find(|odd| odd.code.eq_ignore_ascii_case(code))
}

const fn o(code: &'static str, words: &'static str, country: &'static str) -> Odd {
    Odd { code, words, country }
}

const ODD: &[Odd] = &[
    // ICAO Doc 9303.
    o("D", "Germany, as machine-readable zones write it", "DEU"),
    o("GBD", "British overseas territories citizen", "GBR"),
    o("GBN", "British national (overseas)", "GBR"),
    o("GBO", "British overseas citizen", "GBR"),
    o("GBP", "British protected person", "GBR"),
    o("GBS", "British subject", "GBR"),
    o("UK", "United Kingdom", "GBR"),
    o("RKS", "Kosovo", "XKX"),
    o("UNK", "Kosovo, documents of the United Nations' mission", "XKX"),
    o("EUE", "European Union", ""),
    o("UNO", "United Nations", ""),
    o("UNA", "Agency of the United Nations", ""),
    o("XPO", "Interpol", ""),
    o("XOM", "Sovereign Military Order of Malta", ""),
    o("XXA", "Stateless person", ""),
    o("XXB", "Refugee", ""),
    o("XXC", "Refugee, not of the 1951 Convention", ""),
    o("XXX", "Nationality not specified", ""),
    o("UTO", "Utopia, the country of specimens", ""),
    // ISO 3166-3, and a code that was changed.
    o("BUR", "Burma, until 1989", "MMR"),
    o("BYS", "Byelorussian SSR, until 1992", "BLR"),
    o("DDR", "German Democratic Republic, until 1990", "DEU"),
    o("DHY", "Dahomey, until 1977", "BEN"),
    o("FXX", "Metropolitan France, until 1997", "FRA"),
    o("HVO", "Upper Volta, until 1984", "BFA"),
    o("NHB", "New Hebrides, until 1980", "VUT"),
    o("RHO", "Southern Rhodesia, until 1980", "ZWE"),
    o("ROM", "Romania, until 2002", "ROU"),
    o("TMP", "East Timor, until 2002", "TLS"),
    o("TP", "East Timor, until 2002", "TLS"),
    o("VDR", "Democratic Republic of Viet-Nam, until 1977", "VNM"),
    o("YMD", "Democratic Yemen, until 1990", "YEM"),
    o("ZAR", "Zaire, until 1997", "COD"),
    o("BU", "Burma, until 1989", "MMR"),
    o("DD", "German Democratic Republic, until 1990", "DEU"),
    o("DY", "Dahomey, until 1977", "BEN"),
    o("FX", "Metropolitan France, until 1997", "FRA"),
    o("HV", "Upper Volta, until 1984", "BFA"),
    o("NH", "New Hebrides, until 1980", "VUT"),
    o("RH", "Southern Rhodesia, until 1980", "ZWE"),
    o("VD", "Democratic Republic of Viet-Nam, until 1977", "VNM"),
    o("YD", "Democratic Yemen, until 1990", "YEM"),
    o("ZR", "Zaire, until 1997", "COD"),
    o("AN", "Netherlands Antilles, until 2010", ""),
    o("CS", "Czechoslovakia, until 1993, or Serbia and Montenegro, until 2006", ""),
    o("SU", "Soviet Union, until 1992", ""),
    o("YU", "Yugoslavia, until 2003", ""),
    o("ANT", "Netherlands Antilles, until 2010", ""),
    o("CSK", "Czechoslovakia, until 1993", ""),
    o("SCG", "Serbia and Montenegro, until 2006", ""),
    o("SUN", "Soviet Union, until 1992", ""),
    o("YUG", "Yugoslavia, until 2003", ""),
];

/// Names that people write besides the list's, in English and in the countries' own languages.
#[rustfmt::skip]
const NAMES: &[(&str, &str)] = &[
    ("Great Britain", "GBR"), ("Britain", "GBR"), ("England", "GBR"), ("Scotland", "GBR"), ("Wales", "GBR"), ("Northern Ireland", "GBR"),
    ("U.K.", "GBR"), ("United Kingdom of Great Britain and Northern Ireland", "GBR"), ("Vereinigtes Königreich", "GBR"), ("Royaume-Uni", "GBR"),
    ("United States of America", "USA"), ("U.S.A.", "USA"), ("America", "USA"), ("Estados Unidos", "USA"), ("Vereinigte Staaten", "USA"),
    ("Deutschland", "DEU"), ("Bundesrepublik Deutschland", "DEU"), ("Federal Republic of Germany", "DEU"), ("Allemagne", "DEU"),
    ("Österreich", "AUT"), ("Oesterreich", "AUT"), ("Schweiz", "CHE"), ("Suisse", "CHE"), ("Svizzera", "CHE"), ("Turkey", "TUR"), ("Tuerkiye", "TUR"),
    ("España", "ESP"), ("Italia", "ITA"), ("Nederland", "NLD"), ("The Netherlands", "NLD"), ("Holland", "NLD"), ("België", "BEL"),
    ("Belgique", "BEL"), ("Belgien", "BEL"), ("Danmark", "DNK"), ("Dänemark", "DNK"), ("Norge", "NOR"), ("Noreg", "NOR"), ("Sverige", "SWE"), ("Suomi", "FIN"),
    ("Ísland", "ISL"), ("Éire", "IRL"), ("Republic of Ireland", "IRL"), ("Polska", "POL"), ("Polen", "POL"), ("Česko", "CZE"), ("Česká republika", "CZE"),
    ("Czech Republic", "CZE"), ("Slovensko", "SVK"), ("Slovak Republic", "SVK"), ("Slovenija", "SVN"), ("Magyarország", "HUN"), ("Hrvatska", "HRV"),
    ("România", "ROU"), ("България", "BGR"), ("Ελλάδα", "GRC"), ("Ελλάς", "GRC"), ("Hellas", "GRC"), ("Κύπρος", "CYP"), ("Kıbrıs", "CYP"), ("Eesti", "EST"),
    ("Latvija", "LVA"), ("Lietuva", "LTU"), ("Україна", "UKR"), ("Беларусь", "BLR"), ("Россия", "RUS"), ("Российская Федерация", "RUS"),
    ("Russia", "RUS"), ("Србија", "SRB"), ("Srbija", "SRB"), ("Crna Gora", "MNE"), ("Bosna i Hercegovina", "BIH"), ("Shqipëria", "ALB"),
    ("Kosova", "XKX"), ("Косово", "XKX"), ("Macedonia", "MKD"), ("Северна Македонија", "MKD"), ("საქართველო", "GEO"), ("Հայաստան", "ARM"),
    ("Azərbaycan", "AZE"), ("Қазақстан", "KAZ"), ("Казахстан", "KAZ"), ("Oʻzbekiston", "UZB"), ("France métropolitaine", "FRA"), ("Frankreich", "FRA"),
    ("Brasil", "BRA"), ("México", "MEX"), ("Perú", "PER"), ("Panamá", "PAN"), ("República Dominicana", "DOM"), ("Ivory Coast", "CIV"),
    ("Cape Verde", "CPV"), ("Swaziland", "SWZ"), ("Burma", "MMR"), ("Brunei", "BRN"), ("East Timor", "TLS"), ("Vatican City", "VAT"), ("Vatican", "VAT"),
    ("Holy See", "VAT"), ("Micronesia", "FSM"), ("Falkland Islands", "FLK"), ("Palestine", "PSE"), ("Macau", "MAC"), ("澳門", "MAC"), ("香港", "HKG"),
    ("台灣", "TWN"), ("臺灣", "TWN"), ("台湾", "TWN"), ("中国", "CHN"), ("中國", "CHN"), ("People's Republic of China", "CHN"), ("PRC", "CHN"),
    ("日本", "JPN"), ("Nippon", "JPN"), ("대한민국", "KOR"), ("한국", "KOR"), ("Korea, Republic of", "KOR"), ("Republic of Korea", "KOR"),
    ("Korea, Democratic People's Republic of", "PRK"), ("DPRK", "PRK"), ("Việt Nam", "VNM"), ("ประเทศไทย", "THA"), ("ไทย", "THA"), ("भारत", "IND"), ("Bharat", "IND"),
    ("नेपाल", "NPL"), ("বাংলাদেশ", "BGD"), ("پاکستان", "PAK"), ("ایران", "IRN"), ("Iran, Islamic Republic of", "IRN"), ("العراق", "IRQ"),
    ("سوريا", "SYR"), ("Syrian Arab Republic", "SYR"), ("مصر", "EGY"), ("المغرب", "MAR"), ("Maroc", "MAR"), ("الجزائر", "DZA"), ("Algérie", "DZA"), ("تونس", "TUN"),
    ("Tunisie", "TUN"), ("السعودية", "SAU"), ("الإمارات", "ARE"), ("UAE", "ARE"), ("Emirates", "ARE"), ("لبنان", "LBN"), ("الأردن", "JOR"), ("ישראל", "ISR"), ("DR Congo", "COD"),
    ("Democratic Republic of the Congo", "COD"), ("Republic of the Congo", "COG"), ("Congo-Kinshasa", "COD"), ("Congo-Brazzaville", "COG"),
    ("Bolivia, Plurinational State of", "BOL"), ("Venezuela, Bolivarian Republic of", "VEN"), ("Tanzania, United Republic of", "TZA"),
    ("Moldova, Republic of", "MDA"), ("Republic of Moldova", "MDA"), ("Lao People's Democratic Republic", "LAO"), ("Bosnia", "BIH"),
];

const fn c(
    name: &'static str,
    alpha2: &'static str,
    alpha3: &'static str,
    numeric: &'static str,
) -> Country {
    Country { name, alpha2, alpha3, numeric }
}

/// All of them, by name.
pub const COUNTRIES: &[Country] = &[
    c("Afghanistan", "AF", "AFG", "004"),
    c("Åland Islands", "AX", "ALA", "248"),
    c("Albania", "AL", "ALB", "008"),
    c("Algeria", "DZ", "DZA", "012"),
    c("American Samoa", "AS", "ASM", "016"),
    c("Andorra", "AD", "AND", "020"),
    c("Angola", "AO", "AGO", "024"),
    c("Anguilla", "AI", "AIA", "660"),
    c("Antarctica", "AQ", "ATA", "010"),
    c("Antigua and Barbuda", "AG", "ATG", "028"),
    c("Argentina", "AR", "ARG", "032"),
    c("Armenia", "AM", "ARM", "051"),
    c("Aruba", "AW", "ABW", "533"),
    c("Australia", "AU", "AUS", "036"),
    c("Austria", "AT", "AUT", "040"),
    c("Azerbaijan", "AZ", "AZE", "031"),
    c("Bahamas", "BS", "BHS", "044"),
    c("Bahrain", "BH", "BHR", "048"),
    c("Bangladesh", "BD", "BGD", "050"),
    c("Barbados", "BB", "BRB", "052"),
    c("Belarus", "BY", "BLR", "112"),
    c("Belgium", "BE", "BEL", "056"),
    c("Belize", "BZ", "BLZ", "084"),
    c("Benin", "BJ", "BEN", "204"),
    c("Bermuda", "BM", "BMU", "060"),
    c("Bhutan", "BT", "BTN", "064"),
    c("Bolivia", "BO", "BOL", "068"),
    c("Bonaire, Sint Eustatius and Saba", "BQ", "BES", "535"),
    c("Bosnia and Herzegovina", "BA", "BIH", "070"),
    c("Botswana", "BW", "BWA", "072"),
    c("Bouvet Island", "BV", "BVT", "074"),
    c("Brazil", "BR", "BRA", "076"),
    c("British Indian Ocean Territory", "IO", "IOT", "086"),
    c("Brunei Darussalam", "BN", "BRN", "096"),
    c("Bulgaria", "BG", "BGR", "100"),
    c("Burkina Faso", "BF", "BFA", "854"),
    c("Burundi", "BI", "BDI", "108"),
    c("Cabo Verde", "CV", "CPV", "132"),
    c("Cambodia", "KH", "KHM", "116"),
    c("Cameroon", "CM", "CMR", "120"),
    c("Canada", "CA", "CAN", "124"),
    c("Cayman Islands", "KY", "CYM", "136"),
    c("Central African Republic", "CF", "CAF", "140"),
    c("Chad", "TD", "TCD", "148"),
    c("Chile", "CL", "CHL", "152"),
    c("China", "CN", "CHN", "156"),
    c("Christmas Island", "CX", "CXR", "162"),
    c("Cocos (Keeling) Islands", "CC", "CCK", "166"),
    c("Colombia", "CO", "COL", "170"),
    c("Comoros", "KM", "COM", "174"),
    c("Congo", "CG", "COG", "178"),
    c("Congo, The Democratic Republic of the", "CD", "COD", "180"),
    c("Cook Islands", "CK", "COK", "184"),
    c("Costa Rica", "CR", "CRI", "188"),
    c("Côte d'Ivoire", "CI", "CIV", "384"),
    c("Croatia", "HR", "HRV", "191"),
    c("Cuba", "CU", "CUB", "192"),
    c("Curaçao", "CW", "CUW", "531"),
    c("Cyprus", "CY", "CYP", "196"),
    c("Czechia", "CZ", "CZE", "203"),
    c("Denmark", "DK", "DNK", "208"),
    c("Djibouti", "DJ", "DJI", "262"),
    c("Dominica", "DM", "DMA", "212"),
    c("Dominican Republic", "DO", "DOM", "214"),
    c("Ecuador", "EC", "ECU", "218"),
    c("Egypt", "EG", "EGY", "818"),
    c("El Salvador", "SV", "SLV", "222"),
    c("Equatorial Guinea", "GQ", "GNQ", "226"),
    c("Eritrea", "ER", "ERI", "232"),
    c("Estonia", "EE", "EST", "233"),
    c("Eswatini", "SZ", "SWZ", "748"),
    c("Ethiopia", "ET", "ETH", "231"),
    c("Falkland Islands (Malvinas)", "FK", "FLK", "238"),
    c("Faroe Islands", "FO", "FRO", "234"),
    c("Fiji", "FJ", "FJI", "242"),
    c("Finland", "FI", "FIN", "246"),
    c("France", "FR", "FRA", "250"),
    c("French Guiana", "GF", "GUF", "254"),
    c("French Polynesia", "PF", "PYF", "258"),
    c("French Southern Territories", "TF", "ATF", "260"),
    c("Gabon", "GA", "GAB", "266"),
    c("Gambia", "GM", "GMB", "270"),
    c("Georgia", "GE", "GEO", "268"),
    c("Germany", "DE", "DEU", "276"),
    c("Ghana", "GH", "GHA", "288"),
    c("Gibraltar", "GI", "GIB", "292"),
    c("Greece", "GR", "GRC", "300"),
    c("Greenland", "GL", "GRL", "304"),
    c("Grenada", "GD", "GRD", "308"),
    c("Guadeloupe", "GP", "GLP", "312"),
    c("Guam", "GU", "GUM", "316"),
    c("Guatemala", "GT", "GTM", "320"),
    c("Guernsey", "GG", "GGY", "831"),
    c("Guinea", "GN", "GIN", "324"),
    c("Guinea-Bissau", "GW", "GNB", "624"),
    c("Guyana", "GY", "GUY", "328"),
    c("Haiti", "HT", "HTI", "332"),
    c("Heard Island and McDonald Islands", "HM", "HMD", "334"),
    c("Holy See (Vatican City State)", "VA", "VAT", "336"),
    c("Honduras", "HN", "HND", "340"),
    c("Hong Kong", "HK", "HKG", "344"),
    c("Hungary", "HU", "HUN", "348"),
    c("Iceland", "IS", "ISL", "352"),
    c("India", "IN", "IND", "356"),
    c("Indonesia", "ID", "IDN", "360"),
    c("Iran", "IR", "IRN", "364"),
    c("Iraq", "IQ", "IRQ", "368"),
    c("Ireland", "IE", "IRL", "372"),
    c("Isle of Man", "IM", "IMN", "833"),
    c("Israel", "IL", "ISR", "376"),
    c("Italy", "IT", "ITA", "380"),
    c("Jamaica", "JM", "JAM", "388"),
    c("Japan", "JP", "JPN", "392"),
    c("Jersey", "JE", "JEY", "832"),
    c("Jordan", "JO", "JOR", "400"),
    c("Kazakhstan", "KZ", "KAZ", "398"),
    c("Kenya", "KE", "KEN", "404"),
    c("Kiribati", "KI", "KIR", "296"),
    // Not in ISO 3166-1: the codes that the European Union and others use, of those that ISO leaves
    // to its users.
    c("Kosovo", "XK", "XKX", ""),
    c("Kuwait", "KW", "KWT", "414"),
    c("Kyrgyzstan", "KG", "KGZ", "417"),
    c("Laos", "LA", "LAO", "418"),
    c("Latvia", "LV", "LVA", "428"),
    c("Lebanon", "LB", "LBN", "422"),
    c("Lesotho", "LS", "LSO", "426"),
    c("Liberia", "LR", "LBR", "430"),
    c("Libya", "LY", "LBY", "434"),
    c("Liechtenstein", "LI", "LIE", "438"),
    c("Lithuania", "LT", "LTU", "440"),
    c("Luxembourg", "LU", "LUX", "442"),
    c("Macao", "MO", "MAC", "446"),
    c("Madagascar", "MG", "MDG", "450"),
    c("Malawi", "MW", "MWI", "454"),
    c("Malaysia", "MY", "MYS", "458"),
    c("Maldives", "MV", "MDV", "462"),
    c("Mali", "ML", "MLI", "466"),
    c("Malta", "MT", "MLT", "470"),
    c("Marshall Islands", "MH", "MHL", "584"),
    c("Martinique", "MQ", "MTQ", "474"),
    c("Mauritania", "MR", "MRT", "478"),
    c("Mauritius", "MU", "MUS", "480"),
    c("Mayotte", "YT", "MYT", "175"),
    c("Mexico", "MX", "MEX", "484"),
    c("Micronesia, Federated States of", "FM", "FSM", "583"),
    c("Moldova", "MD", "MDA", "498"),
    c("Monaco", "MC", "MCO", "492"),
    c("Mongolia", "MN", "MNG", "496"),
    c("Montenegro", "ME", "MNE", "499"),
    c("Montserrat", "MS", "MSR", "500"),
    c("Morocco", "MA", "MAR", "504"),
    c("Mozambique", "MZ", "MOZ", "508"),
    c("Myanmar", "MM", "MMR", "104"),
    c("Namibia", "NA", "NAM", "516"),
    c("Nauru", "NR", "NRU", "520"),
    c("Nepal", "NP", "NPL", "524"),
    c("Netherlands", "NL", "NLD", "528"),
    c("New Caledonia", "NC", "NCL", "540"),
    c("New Zealand", "NZ", "NZL", "554"),
    c("Nicaragua", "NI", "NIC", "558"),
    c("Niger", "NE", "NER", "562"),
    c("Nigeria", "NG", "NGA", "566"),
    c("Niue", "NU", "NIU", "570"),
    c("Norfolk Island", "NF", "NFK", "574"),
    c("North Korea", "KP", "PRK", "408"),
    c("North Macedonia", "MK", "MKD", "807"),
    c("Northern Mariana Islands", "MP", "MNP", "580"),
    c("Norway", "NO", "NOR", "578"),
    c("Oman", "OM", "OMN", "512"),
    c("Pakistan", "PK", "PAK", "586"),
    c("Palau", "PW", "PLW", "585"),
    c("Palestine, State of", "PS", "PSE", "275"),
    c("Panama", "PA", "PAN", "591"),
    c("Papua New Guinea", "PG", "PNG", "598"),
    c("Paraguay", "PY", "PRY", "600"),
    c("Peru", "PE", "PER", "604"),
    c("Philippines", "PH", "PHL", "608"),
    c("Pitcairn", "PN", "PCN", "612"),
    c("Poland", "PL", "POL", "616"),
    c("Portugal", "PT", "PRT", "620"),
    c("Puerto Rico", "PR", "PRI", "630"),
    c("Qatar", "QA", "QAT", "634"),
    c("Réunion", "RE", "REU", "638"),
    c("Romania", "RO", "ROU", "642"),
    c("Russian Federation", "RU", "RUS", "643"),
    c("Rwanda", "RW", "RWA", "646"),
    c("Saint Barthélemy", "BL", "BLM", "652"),
    c("Saint Helena, Ascension and Tristan da Cunha", "SH", "SHN", "654"),
    c("Saint Kitts and Nevis", "KN", "KNA", "659"),
    c("Saint Lucia", "LC", "LCA", "662"),
    c("Saint Martin (French part)", "MF", "MAF", "663"),
    c("Saint Pierre and Miquelon", "PM", "SPM", "666"),
    c("Saint Vincent and the Grenadines", "VC", "VCT", "670"),
    c("Samoa", "WS", "WSM", "882"),
    c("San Marino", "SM", "SMR", "674"),
    c("Sao Tome and Principe", "ST", "STP", "678"),
    c("Saudi Arabia", "SA", "SAU", "682"),
    c("Senegal", "SN", "SEN", "686"),
    c("Serbia", "RS", "SRB", "688"),
    c("Seychelles", "SC", "SYC", "690"),
    c("Sierra Leone", "SL", "SLE", "694"),
    c("Singapore", "SG", "SGP", "702"),
    c("Sint Maarten (Dutch part)", "SX", "SXM", "534"),
    c("Slovakia", "SK", "SVK", "703"),
    c("Slovenia", "SI", "SVN", "705"),
    c("Solomon Islands", "SB", "SLB", "090"),
    c("Somalia", "SO", "SOM", "706"),
    c("South Africa", "ZA", "ZAF", "710"),
    c("South Georgia and the South Sandwich Islands", "GS", "SGS", "239"),
    c("South Korea", "KR", "KOR", "410"),
    c("South Sudan", "SS", "SSD", "728"),
    c("Spain", "ES", "ESP", "724"),
    c("Sri Lanka", "LK", "LKA", "144"),
    c("Sudan", "SD", "SDN", "729"),
    c("Suriname", "SR", "SUR", "740"),
    c("Svalbard and Jan Mayen", "SJ", "SJM", "744"),
    c("Sweden", "SE", "SWE", "752"),
    c("Switzerland", "CH", "CHE", "756"),
    c("Syria", "SY", "SYR", "760"),
    c("Taiwan", "TW", "TWN", "158"),
    c("Tajikistan", "TJ", "TJK", "762"),
    c("Tanzania", "TZ", "TZA", "834"),
    c("Thailand", "TH", "THA", "764"),
    c("Timor-Leste", "TL", "TLS", "626"),
    c("Togo", "TG", "TGO", "768"),
    c("Tokelau", "TK", "TKL", "772"),
    c("Tonga", "TO", "TON", "776"),
    c("Trinidad and Tobago", "TT", "TTO", "780"),
    c("Tunisia", "TN", "TUN", "788"),
    c("Türkiye", "TR", "TUR", "792"),
    c("Turkmenistan", "TM", "TKM", "795"),
    c("Turks and Caicos Islands", "TC", "TCA", "796"),
    c("Tuvalu", "TV", "TUV", "798"),
    c("Uganda", "UG", "UGA", "800"),
    c("Ukraine", "UA", "UKR", "804"),
    c("United Arab Emirates", "AE", "ARE", "784"),
    c("United Kingdom", "GB", "GBR", "826"),
    c("United States", "US", "USA", "840"),
    c("United States Minor Outlying Islands", "UM", "UMI", "581"),
    c("Uruguay", "UY", "URY", "858"),
    c("Uzbekistan", "UZ", "UZB", "860"),
    c("Vanuatu", "VU", "VUT", "548"),
    c("Venezuela", "VE", "VEN", "862"),
    c("Vietnam", "VN", "VNM", "704"),
    c("Virgin Islands, British", "VG", "VGB", "092"),
    c("Virgin Islands, U.S.", "VI", "VIR", "850"),
    c("Wallis and Futuna", "WF", "WLF", "876"),
    c("Western Sahara", "EH", "ESH", "732"),
    c("Yemen", "YE", "YEM", "887"),
    c("Zambia", "ZM", "ZMB", "894"),
    c("Zimbabwe", "ZW", "ZWE", "716"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_of_the_three_codes_finds_the_country() {
        for code in ["TWN", "tw", "158", " twn "] {
            assert_eq!(find(code).map(|c| c.alpha3), Some("TWN"), "{code}");
        }
        assert_eq!(find("ZZZ"), None);
        assert_eq!(find(""), None);
    }

    #[test]
    fn codes_of_documents_and_former_ones_are_understood() {
        for (code, alpha3) in [
            ("D", "DEU"),
            ("XK", "XKX"),
            ("XKX", "XKX"),
            ("UNK", "XKX"),
            ("RKS", "XKX"),
            ("GBD", "GBR"),
            ("gbn", "GBR"),
            ("UK", "GBR"),
            ("ZAR", "COD"),
            ("DDR", "DEU"),
            ("DD", "DEU"),
            ("ZR", "COD"),
            ("D<<", "DEU"),
            ("xk<", "XKX"),
        ] {
            assert_eq!(find(code).map(|c| c.alpha3), Some(alpha3), "{code}");
        }
        for code in ["UNO", "XXA", "XXB", "XXC", "XXX", "EUE", "YUG", "YU", "SUN", "SU", "CS"] {
            assert!(find(code).is_none() && explain(code).is_some(), "{code}");
        }
        assert_eq!(in_words("XXA"), "Stateless person (XXA)");
        assert_eq!(in_words("deu"), "Germany (DEU)");
        assert!(find("<<<").is_none() && understand("<").is_none() && find("EU").is_none());
        assert_eq!(in_words("Atlantis"), "Atlantis");
    }

    #[test]
    fn names_as_people_write_them_are_understood() {
        for (name, alpha3) in [
            ("UK", "GBR"),
            ("England", "GBR"),
            ("Deutschland", "DEU"),
            ("Türkiye", "TUR"),
            ("turkiye", "TUR"),
            ("Turkey", "TUR"),
            ("Cote d’Ivoire", "CIV"),
            ("united states", "USA"),
            ("日本", "JPN"),
            ("deu", "DEU"),
        ] {
            assert_eq!(understand(name).map(|c| c.alpha3), Some(alpha3), "{name}");
        }
        for text in ["Atlantis", "", "%", "XXX"] {
            assert_eq!(understand(text), None, "{text}");
        }
    }

    #[test]
    fn every_code_and_name_means_one_country() {
        for (at, one) in COUNTRIES.iter().enumerate() {
            for other in &COUNTRIES[at + 1..] {
                assert!(
                    one.alpha2 != other.alpha2
                        && one.alpha3 != other.alpha3
                        && one.numeric != other.numeric,
                    "{one:?} {other:?}"
                );
            }
            assert_eq!(understand(one.name), Some(one));
            assert!(odd(one.alpha2).is_none() && odd(one.alpha3).is_none(), "{one:?}");
        }
        for odd in ODD {
            assert_eq!(find(odd.code).is_some(), !odd.country.is_empty(), "{}", odd.code);
        }
        for (name, code) in NAMES {
            assert_eq!(understand(name).map(|c| c.alpha3), Some(*code), "{name}");
        }
    }
}
