import Projects
import Testing

@testable import LogAnalytics

@Suite struct DestinationCategoryTests {
  @Test(arguments: [
    ("move", "mojo3/__crop/character_01", DestinationCategory.crop),
    ("move", "/mnt/a/mojo3/__crop_auto", .crop),
    ("move", "mojo3/__selected/", .selected),
    ("crop", "__cropped", .cropped),
    ("stage_delete", "mojo3/__delete_staging", .delete),
    ("stage_delete", "somewhere", .delete),
    ("delete", "", .delete),
    ("send_to_trash", "mojo3/__delete_staging", .trash),
    ("move", "/home/a/.local/share/Trash/files", .trash),
    ("restore", "mojo3", .other),
    // Never by a part of a name.
    ("move", "mojo3/my__crop", .other),
    ("move", "mojo3/__crop_old", .other),
    // The innermost folder decides.
    ("move", "mojo3/__selected/__crop", .crop),
    ("move", "mojo3/__crop/../__selected", .selected),
  ])
  func categories(operation: String, path: String, expected: DestinationCategory) {
    #expect(DestinationFolders().category(operation: operation, path: PathComponents(path)) == expected)
  }

  @Test func tableCanBeChanged() {
    let table = DestinationFolders().overridden(by: ["keep": .selected, "__crop": .other])
    #expect(table.category(operation: "move", path: PathComponents("a/keep")) == .selected)
    #expect(table.category(operation: "move", path: PathComponents("a/__crop")) == .other)
    #expect(table.category(operation: "move", path: PathComponents("a/__cropped")) == .cropped)
    #expect(table.category(operation: "move", path: nil) == .other)
  }

  @Test func pathComponents() {
    #expect(PathComponents("a//b/./c/").components == ["a", "b", "c"])
    #expect(PathComponents("/../a/../b").components == ["b"])
    #expect(PathComponents("../a").components == ["..", "a"])
    #expect(PathComponents("/a") != PathComponents("a"))
  }
}
