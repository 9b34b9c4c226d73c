//! Every pair of colours in `style/contrast.json` keeps its contrast, in light and in dark.
//!
//! Ratios as WCAG 2.2 defines them; OKLCH to sRGB as CSS Color 4 gives it.

use serde_json::Value;
use std::{collections::HashMap, path::PathBuf};

/// Lightness, chroma, hue in degrees.
type Oklch = [f64; 3];

fn style(name: &str) -> String {
    // Not known when this is compiled: several clones may share what is built.
    let path = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this"))
        .join("../style")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// What every token is in light and in dark: its first and its last colour; `var()` is followed.
fn tokens() -> HashMap<String, [Oklch; 2]> {
    let css = style("tokens.css");
    let values: HashMap<&str, &str> = css
        .lines()
        .filter_map(|line| line.trim().strip_suffix(';')?.split_once(": "))
        .filter(|(name, _)| name.starts_with("--"))
        .collect();
    let colours = |name: &str| {
        let mut value = *values.get(name)?;
        while let Some(other) = value.strip_prefix("var(").and_then(|v| v.strip_suffix(')')) {
            value = values.get(other)?;
        }
        let found: Vec<Oklch> = value.split("oklch(").skip(1).filter_map(oklch).collect();
        Some([*found.first()?, *found.last()?])
    };
    values.keys().filter_map(|name| Some(((*name).to_owned(), colours(name)?))).collect()
}

fn oklch(text: &str) -> Option<Oklch> {
    let numbers: Vec<f64> =
        text.split(')').next()?.split_whitespace().map_while(|n| n.parse().ok()).collect();
    numbers.try_into().ok()
}

/// Relative luminance of what a screen shows: outside sRGB it is clipped.
fn luminance([lightness, chroma, hue]: Oklch) -> f64 {
    let (a, b) = (chroma * hue.to_radians().cos(), chroma * hue.to_radians().sin());
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
    let red = 4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s;
    let green = -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s;
    let blue = -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701 * s;
    0.2126 * red.clamp(0.0, 1.0) + 0.7152 * green.clamp(0.0, 1.0) + 0.0722 * blue.clamp(0.0, 1.0)
}

fn contrast(one: Oklch, other: Oklch) -> f64 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

#[test]
fn every_listed_pair_keeps_its_contrast_in_both_themes() {
    let tokens = tokens();
    let pairs: Vec<Value> = serde_json::from_str(&style("contrast.json")).expect("a list");
    assert!(pairs.len() > 40, "{} pairs", pairs.len());
    let mut weak = Vec::new();
    for pair in &pairs {
        let token = |name: &str| {
            let token = pair[name].as_str().unwrap_or_default();
            tokens.get(token).unwrap_or_else(|| panic!("{token} is no colour of tokens.css"))
        };
        let (ink, ground) = (token("ink"), token("ground"));
        let least = pair["least"].as_f64().expect("a ratio");
        for (theme, at) in [("light", 0), ("dark", 1)] {
            let found = contrast(ink[at], ground[at]);
            if found < least {
                weak.push(format!(
                    "{} on {} in {theme}: {found:.2}, least {least}",
                    pair["ink"], pair["ground"]
                ));
            }
        }
    }
    assert!(weak.is_empty(), "{weak:#?}");
}

#[test]
fn ratios_are_those_of_the_standard() {
    let (black, white, grey) = ([0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.562_4, 0.0, 0.0]);
    assert!((contrast(black, white) - 21.0).abs() < 0.01);
    // #757575 on white: 4.61.
    assert!((contrast(grey, white) - 4.61).abs() < 0.02, "{}", contrast(grey, white));
}
