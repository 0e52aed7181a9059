// What of a batch of token sequences differs: its distinct tokens, and its distinct prefixes as the nodes of a trie.
#include <vector>

// A whole table of sequences.
struct Sequences {
  int64_t length, vocabulary, distinct;  // distinct: prefixes of all lengths
  const int64_t *tokens, *prefix;        // rows, length: each token; the number of the prefix that ends there
};

namespace {

// Nodes are numbered level by level, as prefixes grow longer. Node 0 is the empty prefix, a level of its own; the last
// level has one node an example.
class Trie {
 public:
  std::vector<int64_t> tokens;         // the distinct ones
  std::vector<int64_t> parent, token;  // of each node: the prefix that it continues; the place of its token in `tokens`
  std::vector<int64_t> first;          // of each level, from that of length 1: its first node; at the end, of all

  explicit Trie(const Sequences& table)
      : table(table), place_of_token(table.vocabulary, -1), place_of_prefix(table.distinct, -1) {}

  // The batch of `count` rows of the table.
  void find(const int64_t* rows, int64_t count) {
    forget();
    node.assign(count, 0);
    for (int64_t level = 0; level < table.length; ++level) {
      first.push_back(int64_t(parent.size()));
      for (int64_t b = 0; b < count; ++b) {
        const int64_t at = rows[b] * table.length + level;
        node[b] = level + 1 < table.length ? shared(node[b], at) : added(node[b], at);
      }
    }
    first.push_back(int64_t(parent.size()));
  }

 private:
  const Sequences table;
  std::vector<int64_t> place_of_token, place_of_prefix;  // -1 for what is not in the batch
  std::vector<int64_t> seen, node;  // prefixes of the batch; the node that each example has reached

  void forget() {
    for (int64_t each : tokens) place_of_token[each] = -1;
    for (int64_t each : seen) place_of_prefix[each] = -1;
    tokens.clear(), seen.clear(), first.clear();
    parent.assign(1, 0), token.assign(1, 0);
  }

  int64_t shared(int64_t before, int64_t at) {
    int64_t& place = place_of_prefix[table.prefix[at]];
    if (place < 0) {
      seen.push_back(table.prefix[at]);
      place = added(before, at);
    }
    return place;
  }

  int64_t added(int64_t before, int64_t at) {
    int64_t& place = place_of_token[table.tokens[at]];
    if (place < 0) {
      place = int64_t(tokens.size());
      tokens.push_back(table.tokens[at]);
    }
    parent.push_back(before);
    token.push_back(place);
    return int64_t(parent.size()) - 1;
  }
};

}  // namespace
