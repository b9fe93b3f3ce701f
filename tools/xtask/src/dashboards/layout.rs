//! Where panels stand: from left to right, and on into the next line where there is no room.

use serde_json::{Value, json};

/// How many columns Grafana has.
const COLUMNS: u32 = 24;
/// How high a heading is.
const HEADING_HEIGHT: u32 = 1;

/// The place for the next panel.
#[derive(Debug, Default)]
pub(super) struct Layout {
    left: u32,
    top: u32,
    /// How high the line is that is being filled.
    height: u32,
}

impl Layout {
    /// A line of its own.
    pub(super) fn heading(&mut self) -> Value {
        self.end_line();
        let place = json!({ "x": 0, "y": self.top, "w": COLUMNS, "h": HEADING_HEIGHT });
        self.top += HEADING_HEIGHT;
        place
    }

    /// A panel of that size.
    pub(super) fn panel(&mut self, width: u32, height: u32) -> Value {
        if self.left + width > COLUMNS {
            self.end_line();
        }
        let place = json!({ "x": self.left, "y": self.top, "w": width, "h": height });
        self.left += width;
        self.height = self.height.max(height);
        place
    }

    fn end_line(&mut self) {
        self.top += std::mem::take(&mut self.height);
        self.left = 0;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Layout;

    #[test]
    fn panels_fill_a_line_and_headings_begin_one() {
        let mut layout = Layout::default();
        assert_eq!(layout.heading(), json!({ "x": 0, "y": 0, "w": 24, "h": 1 }));
        assert_eq!(layout.panel(16, 4), json!({ "x": 0, "y": 1, "w": 16, "h": 4 }));
        assert_eq!(layout.panel(8, 8), json!({ "x": 16, "y": 1, "w": 8, "h": 8 }));
        assert_eq!(layout.panel(1, 8), json!({ "x": 0, "y": 9, "w": 1, "h": 8 }));
        assert_eq!(layout.heading(), json!({ "x": 0, "y": 17, "w": 24, "h": 1 }));
    }
}
