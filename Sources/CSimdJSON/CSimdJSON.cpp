#include "CSimdJSON.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using std::string_view;

struct Member {
  string_view key;
  element value;
};

// Followed by zeros, as all texts that are escaped must be followed by readable bytes.
constexpr char sample_key[32] = "files_sample";

// Lines above this length get a parser of their own, so that one long line does not keep its memory.
constexpr size_t kept_capacity = 1 << 20;

}  // namespace

struct csj_reader {
  simdjson::dom::parser parser;
  simdjson::dom::parser long_parser;
  std::vector<csj_slice> files;
  std::vector<Member> others;
  std::string extra;
};

namespace {

csj_slice slice(string_view text) {
  // An empty text still needs an address: NULL means absent.
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

bool holds_nul(string_view text) { return std::memchr(text.data(), 0, text.size()) != nullptr; }

void append_quoted(std::string &out, string_view text) {
  const size_t start = out.size();
  out.resize(start + 6 * text.size() + 18);
  out[start] = '"';
  const size_t written = csj_escape(
      reinterpret_cast<uint8_t *>(&out[start + 1]), reinterpret_cast<const uint8_t *>(text.data()), text.size());
  out[start + 1 + written] = '"';
  out.resize(start + 2 + written);
}

template <typename Number>
void append_number(std::string &out, Number number) {
  char digits[32];
  // Without a format, to_chars gives the shortest text that reads back as the same number.
  const auto end = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end.ptr);
}

// Sorts the members and looks for a key that occurs twice.
csj_outcome sort_members(std::vector<Member> &members, csj_slice &culprit) {
  std::sort(members.begin(), members.end(), [](const Member &a, const Member &b) { return a.key < b.key; });
  for (size_t i = 1; i < members.size(); i++) {
    if (members[i].key == members[i - 1].key) {
      culprit = slice(members[i].key);
      return CSJ_DUPLICATE_KEY;
    }
  }
  return CSJ_OK;
}

// Appends canonical JSON: members sorted by their UTF-8 bytes, no spaces, shortest numbers.
csj_outcome append_canonical(std::string &out, element value, bool check_nul, csj_slice &culprit) {
  switch (value.type()) {
    case element_type::NULL_VALUE: out += "null"; return CSJ_OK;
    case element_type::BOOL: out += value.get_bool().value_unsafe() ? "true" : "false"; return CSJ_OK;
    case element_type::INT64: append_number(out, value.get_int64().value_unsafe()); return CSJ_OK;
    case element_type::UINT64: append_number(out, value.get_uint64().value_unsafe()); return CSJ_OK;
    case element_type::DOUBLE: append_number(out, value.get_double().value_unsafe()); return CSJ_OK;
    case element_type::STRING: {
      const string_view text = value.get_string().value_unsafe();
      if (check_nul && holds_nul(text)) return CSJ_NUL;
      append_quoted(out, text);
      return CSJ_OK;
    }
    case element_type::ARRAY: {
      out += '[';
      bool first = true;
      for (element item : value.get_array().value_unsafe()) {
        if (!first) out += ',';
        first = false;
        if (auto bad = append_canonical(out, item, check_nul, culprit)) return bad;
      }
      out += ']';
      return CSJ_OK;
    }
    case element_type::OBJECT: {
      std::vector<Member> members;
      for (auto field : value.get_object().value_unsafe()) members.push_back({field.key, field.value});
      if (auto bad = sort_members(members, culprit)) return bad;
      out += '{';
      bool first = true;
      for (const Member &member : members) {
        if (check_nul && holds_nul(member.key)) return CSJ_NUL;
        if (!first) out += ',';
        first = false;
        append_quoted(out, member.key);
        out += ':';
        if (auto bad = append_canonical(out, member.value, check_nul, culprit)) return bad;
      }
      out += '}';
      return CSJ_OK;
    }
  }
  return CSJ_MALFORMED;
}

enum Known : uint32_t {
  TYPE, SCRIPT, SESSION, TIMESTAMP, OPERATION, SOURCE, DESTINATION, NOTES, ACTOR,
  FILE_COUNT, FILES, FILES_SAMPLE, UNKNOWN
};

Known known_key(string_view key) {
  const auto is = [&](const char *name) { return std::memcmp(key.data(), name, key.size()) == 0; };
  switch (key.size()) {
    case 4: return is("type") ? TYPE : UNKNOWN;
    case 5: return is("notes") ? NOTES : is("files") ? FILES : is("actor") ? ACTOR : UNKNOWN;
    case 6: return is("script") ? SCRIPT : UNKNOWN;
    case 8: return is("dest_dir") ? DESTINATION : UNKNOWN;
    case 9: return is("timestamp") ? TIMESTAMP : is("operation") ? OPERATION : UNKNOWN;
    case 10:
      return is("session_id") ? SESSION : is("source_dir") ? SOURCE : is("file_count") ? FILE_COUNT : UNKNOWN;
    case 12: return is("files_sample") ? FILES_SAMPLE : UNKNOWN;
    default: return UNKNOWN;
  }
}

csj_slice *text_member(csj_record &record, Known known) {
  switch (known) {
    case TYPE: return &record.type;
    case SCRIPT: return &record.script;
    case SESSION: return &record.session_id;
    case TIMESTAMP: return &record.timestamp;
    case OPERATION: return &record.operation;
    case SOURCE: return &record.source_dir;
    case DESTINATION: return &record.dest_dir;
    case NOTES: return &record.notes;
    case ACTOR: return &record.actor;
    default: return nullptr;
  }
}

// Fills the list of file names; false when it is not an array of strings.
csj_outcome read_list(csj_reader &reader, element value, bool check_nul) {
  reader.files.clear();
  simdjson::dom::array items;
  if (value.get_array().get(items)) return CSJ_WRONG_TYPE;
  for (element item : items) {
    string_view text;
    if (item.get_string().get(text)) return CSJ_WRONG_TYPE;
    if (check_nul && holds_nul(text)) return CSJ_NUL;
    reader.files.push_back(slice(text));
  }
  return CSJ_OK;
}

csj_outcome write_extra(csj_reader &reader, csj_record &record, bool check_nul) {
  if (reader.others.size() > 1) {
    if (auto bad = sort_members(reader.others, record.culprit)) return bad;
  }
  reader.extra = "{";
  for (const Member &member : reader.others) {
    if (member.value.is_null()) continue;
    if (check_nul && holds_nul(member.key)) return CSJ_NUL;
    if (reader.extra.size() > 1) reader.extra += ',';
    append_quoted(reader.extra, member.key);
    reader.extra += ':';
    if (auto bad = append_canonical(reader.extra, member.value, check_nul, record.culprit)) return bad;
  }
  reader.extra += '}';
  // Readable bytes behind every slice, here too.
  reader.extra.reserve(reader.extra.size() + CSJ_PADDING);
  record.extra = slice(reader.extra);
  return CSJ_OK;
}

csj_outcome read_members(csj_reader &reader, simdjson::dom::object object, csj_record &record, bool check_nul) {
  uint32_t seen = 0;
  element files, sample;
  bool has_files = false, has_sample = false;
  reader.others.clear();
  for (auto field : object) {
    const Known known = known_key(field.key);
    if (known == UNKNOWN) {
      reader.others.push_back({field.key, field.value});
      continue;
    }
    record.culprit = slice(field.key);
    if (seen & 1u << known) return CSJ_DUPLICATE_KEY;
    seen |= 1u << known;
    if (field.value.is_null()) continue;
    if (csj_slice *text = text_member(record, known)) {
      string_view value;
      if (field.value.get_string().get(value)) return CSJ_WRONG_TYPE;
      if (check_nul && holds_nul(value)) return CSJ_NUL;
      if (known == ACTOR && value != "human" && value != "machine") {
        // Counts as a person's; the name is kept with the other members.
        reader.others.push_back({field.key, field.value});
        continue;
      }
      *text = slice(value);
    } else if (known == FILE_COUNT) {
      if (!field.value.is_int64()) return CSJ_WRONG_TYPE;
      record.file_count = field.value.get_int64().value_unsafe();
      if (record.file_count < 0 || record.file_count > INT32_MAX) return CSJ_WRONG_TYPE;
    } else if (known == FILES) {
      files = field.value;
      has_files = true;
    } else {
      sample = field.value;
      has_sample = true;
    }
  }
  if (has_sample) {
    record.culprit = slice("files_sample");
    if (auto bad = read_list(reader, sample, check_nul)) return bad;
    // The full list is the record's list; the sample then stays with the other members, so that nothing is lost.
    if (has_files) reader.others.push_back({string_view(sample_key, 12), sample});
  }
  if (has_files) {
    record.culprit = slice("files");
    if (auto bad = read_list(reader, files, check_nul)) return bad;
  }
  record.culprit = {nullptr, 0};
  record.has_file_list = has_files || has_sample;
  record.file_list_length = record.has_file_list ? reader.files.size() : 0;
  record.files = reader.files.data();
  return write_extra(reader, record, check_nul);
}

csj_outcome parse(csj_reader &reader, const uint8_t *text, size_t length, element &root) {
  if (reader.long_parser.capacity() > 0) reader.long_parser = simdjson::dom::parser();
  auto &parser = length > kept_capacity ? reader.long_parser : reader.parser;
  const simdjson::error_code error = parser.parse(text, length, false).get(root);
  if (!error) return CSJ_OK;
  if (error == simdjson::MEMALLOC || error == simdjson::CAPACITY) return CSJ_NO_MEMORY;
  // simdjson reports what it met first; the reasons people read do not depend on its order of checks.
  if (std::memchr(text, 0, length)) return CSJ_NUL;
  if (!simdjson::validate_utf8(reinterpret_cast<const char *>(text), length)) return CSJ_BAD_UTF8;
  return CSJ_MALFORMED;
}

}  // namespace

csj_reader *csj_reader_create(void) {
  auto *reader = new (std::nothrow) csj_reader();
  if (reader && reader->parser.allocate(64 << 10)) {
    delete reader;
    return nullptr;
  }
  return reader;
}

void csj_reader_free(csj_reader *reader) { delete reader; }

csj_outcome csj_read_record(csj_reader *reader, const uint8_t *line, size_t length, csj_record *record) {
  try {
    *record = csj_record();
    record->file_count = -1;
    element root;
    if (auto bad = parse(*reader, line, length, root)) return bad;
    simdjson::dom::object object;
    if (root.get_object().get(object)) return CSJ_NOT_AN_OBJECT;
    // A NUL can only hide behind an escape: JSON allows no raw one.
    const bool check_nul = std::memchr(line, '\\', length) != nullptr;
    return read_members(*reader, object, *record, check_nul);
  } catch (const std::bad_alloc &) {
    return CSJ_NO_MEMORY;
  }
}

csj_outcome csj_parse(csj_reader *reader, const uint8_t *text, size_t length, csj_tape *tape) {
  try {
    element root;
    if (auto bad = parse(*reader, text, length, root)) return bad;
    auto &parser = length > kept_capacity ? reader->long_parser : reader->parser;
    *tape = {parser.doc.tape.get(), parser.doc.string_buf.get()};
    return CSJ_OK;
  } catch (const std::bad_alloc &) {
    return CSJ_NO_MEMORY;
  }
}

namespace {

// Which of 16 bytes need an escape: bit i for byte i on x86, bits 4i … 4i + 3 on ARM.
#if defined(__SSE2__)
constexpr unsigned bits_per_byte = 1;
inline uint64_t escape_mask(const uint8_t *text, uint8_t *copy) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(text));
  _mm_storeu_si128(reinterpret_cast<__m128i *>(copy), bytes);
  const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
  const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  return static_cast<uint64_t>(_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash))));
}
#elif defined(__ARM_NEON)
constexpr unsigned bits_per_byte = 4;
inline uint64_t escape_mask(const uint8_t *text, uint8_t *copy) {
  const uint8x16_t bytes = vld1q_u8(text);
  vst1q_u8(copy, bytes);
  const uint8x16_t control = vcltq_u8(bytes, vdupq_n_u8(0x20));
  const uint8x16_t quote = vceqq_u8(bytes, vdupq_n_u8('"'));
  const uint8x16_t backslash = vceqq_u8(bytes, vdupq_n_u8('\\'));
  const uint8x16_t all = vorrq_u8(control, vorrq_u8(quote, backslash));
  return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(all), 4)), 0);
}
#else
constexpr unsigned bits_per_byte = 4;
inline uint64_t escape_mask(const uint8_t *text, uint8_t *copy) {
  uint64_t mask = 0;
  for (unsigned i = 0; i < 16; i++) {
    copy[i] = text[i];
    if (text[i] < 0x20 || text[i] == '"' || text[i] == '\\') mask |= 15ull << 4 * i;
  }
  return mask;
}
#endif

inline uint8_t *put_escaped(uint8_t *to, uint8_t byte) {
  static const char hex[] = "0123456789abcdef";
  *to++ = '\\';
  switch (byte) {
    case '"': case '\\': *to++ = byte; break;
    case '\n': *to++ = 'n'; break;
    case '\r': *to++ = 'r'; break;
    case '\t': *to++ = 't'; break;
    default:
      std::memcpy(to, "u00", 3);
      to[3] = hex[byte >> 4];
      to[4] = hex[byte & 15];
      to += 5;
  }
  return to;
}

}  // namespace

size_t csj_escape(uint8_t *to, const uint8_t *text, size_t length) {
  uint8_t *const start = to;
  while (length > 0) {
    const uint64_t mask = escape_mask(text, to);
    const size_t clean = mask ? static_cast<size_t>(__builtin_ctzll(mask)) / bits_per_byte : 16;
    if (clean >= length) return static_cast<size_t>(to + length - start);
    to += clean;
    text += clean;
    length -= clean;
    if (clean < 16) {
      to = put_escaped(to, *text++);
      length--;
    }
  }
  return static_cast<size_t>(to - start);
}
