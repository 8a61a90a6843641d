/// The page's style: light and dark, screen and paper, from 320 pixels up.
enum StyleSheet {
  static let css = colours + layout + charts + tables + states
}
