//! A PDF of one page with lines of text, written by hand: catalogue, pages, page, font, content,
//! and the table of where each of them begins.

/// A page with a title and lines below it. What Windows-1252 cannot write becomes a question mark.
pub(super) fn page(title: &str, lines: &[String]) -> Vec<u8> {
    let mut content = b"BT /F1 18 Tf 56 770 Td ".to_vec();
    content.extend(shown(title));
    content.extend(b" /F1 11 Tf 0 -16 Td");
    for line in lines {
        content.extend(b" 0 -18 Td ");
        content.extend(shown(line));
    }
    content.extend(b" ET");

    let mut stream = format!("<< /Length {} >>\nstream\n", content.len()).into_bytes();
    stream.extend(content);
    stream.extend(b"\nendstream");
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> >> >>".to_vec(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_vec(),
        stream,
    ];
    assembled(&objects)
}

fn assembled(objects: &[Vec<u8>]) -> Vec<u8> {
    // The comment's high bytes tell programs that this is no text.
    let mut file = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut starts = Vec::new();
    for (number, object) in (1..).zip(objects) {
        starts.push(file.len());
        file.extend(format!("{number} 0 obj\n").bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let table = file.len();
    file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for start in starts {
        file.extend(format!("{start:010} 00000 n \n").bytes());
    }
    file.extend(
        format!(
            "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
            objects.len() + 1
        )
        .bytes(),
    );
    file
}

/// The operator that shows a text.
fn shown(text: &str) -> Vec<u8> {
    let mut bytes = b"(".to_vec();
    for letter in text.chars() {
        let byte = u8::try_from(u32::from(letter))
            .ok()
            .filter(|byte| matches!(byte, 0x20..=0x7e | 0xa0..))
            .unwrap_or(b'?');
        if matches!(byte, b'(' | b')' | b'\\') {
            bytes.push(b'\\');
        }
        bytes.push(byte);
    }
    bytes.extend(b") Tj");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_of_the_table_points_at_its_object() {
        let file = page("Report", &["Jörg (Müller) \\".into(), "林".into()]);
        let text: String = file.iter().map(|byte| char::from(*byte)).collect();
        assert!(text.starts_with("%PDF-1.4") && text.ends_with("%%EOF\n"));
        let table: usize =
            text.split("startxref\n").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
        assert!(text[table..].is_empty() || file[table..].starts_with(b"xref\n0 6\n"));
        let rows = String::from_utf8_lossy(&file[table..]);
        for (number, row) in (1..=5).zip(rows.lines().skip(3)) {
            let start: usize = row[..10].parse().unwrap();
            assert!(
                row.len() == 19 && file[start..].starts_with(format!("{number} 0 obj").as_bytes()),
                "{row}"
            );
        }
        let length: usize =
            text.split("/Length ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        let (from, to) = (text.find("stream\n").unwrap() + 7, text.find("\nendstream").unwrap());
        let content: String = text
            .chars()
            .skip(text[..from].chars().count())
            .take(text[from..to].chars().count())
            .collect();
        assert_eq!((content.chars().count(), length), (length, length));
        assert!(text.contains("(J\u{f6}rg \\(M\u{fc}ller\\) \\\\) Tj") && text.contains("(?) Tj"));
    }
}
