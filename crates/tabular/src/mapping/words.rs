//! What is known of words in names of columns: units, words that mean the same, words that mean
//! nothing, words that make it another thing. General ones alone: none is of a model.

/// Words of a name, in small letters and without accents: split at anything but letters and digits,
/// at `aB` and between letters and digits.
pub(super) fn split(text: &str) -> Vec<String> {
    let text = without_accents(text);
    let letters: Vec<char> = text.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let after = letters.get(at + 1);
        let starts = before.is_some_and(|before| {
            let camel = before.is_lowercase() && letter.is_uppercase();
            // The last capital of `HTTPServer` begins a word.
            let acronym = before.is_uppercase()
                && letter.is_uppercase()
                && after.is_some_and(|after| after.is_lowercase());
            let kind = before.is_alphabetic() != letter.is_alphabetic();
            camel || acronym || kind
        });
        if starts && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        match letter {
            '%' => words.push("percent".to_owned()),
            '#' => words.push("number".to_owned()),
            _ if letter.is_alphanumeric() => word.extend(letter.to_lowercase()),
            _ if !word.is_empty() => words.push(std::mem::take(&mut word)),
            _ => {}
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Takes the unit off the end of a name's words, if one stands there: `(mm)`, `[kg]`, `_mm`.
pub(super) fn take_unit(words: &mut Vec<String>, text: &str) -> Option<String> {
    let bracketed = text.ends_with([')', ']']);
    let last = words.last()?;
    let unit = unit(last).or_else(|| {
        // Within brackets shorter signs are units too, which are words or letters elsewhere.
        bracketed.then(|| short_unit(last)).flatten()
    })?;
    if words.len() < 2 {
        return None;
    }
    words.pop();
    if words.len() > 1 && words.last().is_some_and(|word| word == "in") {
        words.pop();
    }
    Some(unit.to_owned())
}

fn unit(word: &str) -> Option<&'static str> {
    Some(match word {
        "mm" | "millimeter" | "millimeters" | "millimetre" | "millimetres" => "mm",
        "cm" | "centimeter" | "centimeters" | "centimetre" | "centimetres" => "cm",
        "m" | "meter" | "meters" | "metre" | "metres" => "m",
        "km" | "kilometer" | "kilometers" | "kilometre" | "kilometres" => "km",
        "inch" | "inches" => "in",
        "ft" | "foot" | "feet" => "ft",
        "mile" | "miles" => "mi",
        "mg" => "mg",
        "g" | "gram" | "grams" => "g",
        "kg" | "kilogram" | "kilograms" => "kg",
        "lb" | "lbs" | "pounds" => "lb",
        "oz" | "ounces" => "oz",
        "ml" => "ml",
        "ms" | "milliseconds" => "ms",
        "sec" | "secs" | "seconds" => "s",
        "mins" | "minutes" => "min",
        "hrs" | "hours" => "h",
        "celsius" | "degc" => "c",
        "fahrenheit" | "degf" => "f",
        "percent" | "pct" => "percent",
        "usd" | "dollars" => "usd",
        "eur" | "euro" | "euros" => "eur",
        "gbp" => "gbp",
        "hz" => "hz",
        "khz" => "khz",
        "mhz" => "mhz",
        "kw" => "kw",
        "kwh" => "kwh",
        "pa" => "pa",
        "kpa" => "kpa",
        "psi" => "psi",
        "mph" => "mph",
        "kmh" => "kmh",
        "ppm" => "ppm",
        _ => return None,
    })
}

fn short_unit(word: &str) -> Option<&'static str> {
    Some(match word {
        "in" => "in",
        "mi" => "mi",
        "l" => "l",
        "s" => "s",
        "min" => "min",
        "h" | "hr" => "h",
        "c" => "c",
        "f" => "f",
        "k" => "k",
        "v" => "v",
        "a" => "a",
        "w" => "w",
        "yr" | "yrs" | "years" => "years",
        "days" => "days",
        _ => return None,
    })
}

/// The word that stands for all that mean the same.
pub(super) fn meaning(word: &str) -> &str {
    const SAME: &[(&str, &[&str])] = &[
        ("sex", &["gender"]),
        ("latitude", &["lat"]),
        ("longitude", &["lon", "lng", "long"]),
        ("zip", &["postcode", "zipcode", "postalcode", "plz"]),
        ("quantity", &["qty", "quantities"]),
        ("amount", &["amt"]),
        ("id", &["identifier", "ident"]),
        ("number", &["no", "nr", "num", "nbr"]),
        ("temperature", &["temp"]),
        ("average", &["avg", "mean"]),
        ("minimum", &["min"]),
        ("maximum", &["max"]),
        ("deviation", &["std", "stddev", "sd"]),
        ("description", &["desc", "descr"]),
        ("address", &["addr"]),
        ("phone", &["tel", "telephone"]),
        ("count", &["cnt"]),
        ("department", &["dept"]),
        ("year", &["yr", "years"]),
        ("month", &["mo", "months"]),
        ("weight", &["wt"]),
        ("height", &["ht"]),
        ("length", &["len"]),
        ("width", &["wid"]),
        ("source", &["src"]),
        ("destination", &["dest", "dst"]),
        ("category", &["cat"]),
        ("customer", &["cust"]),
        ("transaction", &["txn", "trx"]),
        ("account", &["acct"]),
        ("balance", &["bal"]),
        ("position", &["pos"]),
        ("reference", &["ref"]),
        ("percent", &["pct", "percentage"]),
        ("birthdate", &["dob", "birthday"]),
        ("type", &["kind"]),
    ];
    let known = SAME.iter().find(|(_, others)| others.contains(&word));
    if let Some((word, _)) = known {
        return word;
    }
    // The plural: `rooms`, not `mass` or `gas`.
    match word.strip_suffix('s') {
        Some(one) if one.len() > 3 && !one.ends_with(['s', 'u', 'i']) => one,
        _ => word,
    }
}

/// Whether a word says nothing in a column's name.
pub(super) fn is_filler(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "of"
            | "a"
            | "an"
            | "for"
            | "in"
            | "per"
            | "value"
            | "val"
            | "column"
            | "col"
            | "field"
            | "feature"
            | "input"
            | "variable"
            | "var"
            | "measured"
    )
}

/// Whether a word more in a name makes it the name of another thing.
pub(super) fn changes_meaning(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
        || unit(word).is_some()
        || matches!(
            word,
            "minimum"
                | "maximum"
                | "average"
                | "median"
                | "total"
                | "sum"
                | "deviation"
                | "variance"
                | "ratio"
                | "percent"
                | "rate"
                | "delta"
                | "difference"
                | "diff"
                | "change"
                | "log"
                | "rank"
                | "score"
                | "scored"
                | "predicted"
                | "prediction"
                | "probability"
                | "estimate"
                | "estimated"
                | "error"
                | "flag"
                | "count"
                | "previous"
                | "prev"
                | "prior"
                | "next"
                | "last"
                | "first"
                | "old"
                | "new"
                | "start"
                | "end"
                | "begin"
                | "lower"
                | "upper"
                | "left"
                | "right"
                | "id"
                | "code"
                | "number"
                | "index"
                | "key"
                | "date"
                | "time"
                | "day"
                | "month"
                | "year"
                | "type"
                | "class"
                | "group"
                | "category"
                | "unit"
                | "status"
                | "note"
                | "comment"
                | "source"
                | "target"
                | "from"
                | "to"
                | "not"
                | "non"
                | "is"
                | "has"
                | "depth"
                | "length"
                | "width"
                | "height"
                | "weight"
        )
}

/// Whether two words that look alike are opposites or different things.
pub(super) fn opposed(a: &str, b: &str) -> bool {
    const APART: &[(&str, &str)] = &[
        ("minimum", "maximum"),
        ("input", "output"),
        ("import", "export"),
        ("latitude", "altitude"),
        ("weight", "height"),
        ("inside", "outside"),
        ("incoming", "outgoing"),
        ("include", "exclude"),
        ("data", "date"),
        ("form", "from"),
        ("state", "status"),
        ("country", "county"),
        ("contact", "contract"),
    ];
    APART
        .iter()
        .any(|(x, y)| (a, b) == (*x, *y) || (a, b) == (*y, *x))
}

/// A text with Latin letters that have accents as the letters alone.
pub(super) fn without_accents(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        let plain = match letter {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => "a",
            'À' | 'Á' | 'Â' | 'Ã' | 'Ä' | 'Å' | 'Ā' | 'Ă' | 'Ą' => "A",
            'æ' => "ae",
            'Æ' => "AE",
            'ç' | 'ć' | 'č' | 'ċ' => "c",
            'Ç' | 'Ć' | 'Č' | 'Ċ' => "C",
            'ď' | 'đ' | 'ð' => "d",
            'Ď' | 'Đ' | 'Ð' => "D",
            'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
            'È' | 'É' | 'Ê' | 'Ë' | 'Ē' | 'Ė' | 'Ę' | 'Ě' => "E",
            'ğ' | 'ģ' => "g",
            'Ğ' | 'Ģ' => "G",
            'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => "i",
            'Ì' | 'Í' | 'Î' | 'Ï' | 'Ī' | 'Į' | 'İ' => "I",
            'ł' | 'ľ' | 'ļ' => "l",
            'Ł' | 'Ľ' | 'Ļ' => "L",
            'ñ' | 'ń' | 'ň' | 'ņ' => "n",
            'Ñ' | 'Ń' | 'Ň' | 'Ņ' => "N",
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => "o",
            'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ö' | 'Ø' | 'Ō' | 'Ő' => "O",
            'œ' => "oe",
            'Œ' => "OE",
            'ŕ' | 'ř' => "r",
            'Ŕ' | 'Ř' => "R",
            'ś' | 'š' | 'ş' | 'ș' => "s",
            'Ś' | 'Š' | 'Ş' | 'Ș' => "S",
            'ß' => "ss",
            'ť' | 'ţ' | 'ț' => "t",
            'Ť' | 'Ţ' | 'Ț' => "T",
            'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
            'Ù' | 'Ú' | 'Û' | 'Ü' | 'Ū' | 'Ů' | 'Ű' | 'Ų' => "U",
            'ý' | 'ÿ' => "y",
            'Ý' | 'Ÿ' => "Y",
            'ź' | 'ż' | 'ž' => "z",
            'Ź' | 'Ż' | 'Ž' => "Z",
            // Accents of their own, as they stand in decomposed text.
            '\u{300}'..='\u{36f}' => "",
            _ => {
                out.push(letter);
                continue;
            }
        };
        out.push_str(plain);
    }
    out
}
