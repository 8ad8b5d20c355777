/* Bottom-up merge sort of a linked list (after Tatham). Pointers, unpredictable branches. */
#include "kernel.h"

#define NODES 512

struct node {
  struct node *next;
  int32_t key;
  uint32_t tag;
};

static struct node nodes[NODES];

static struct node *sort(struct node *list) {
  for (uint32_t size = 1;; size *= 2) {
    struct node *at = list, *tail = 0;
    uint32_t merges = 0;
    list = 0;
    while (at) {
      struct node *left = at, *right = at;
      uint32_t lefts = 0, rights = size;
      merges++;
      while (right && lefts < size) {
        lefts++;
        right = right->next;
      }
      while (lefts > 0 || (rights > 0 && right)) {
        struct node *least;
        if (lefts > 0 && (rights == 0 || !right || left->key <= right->key)) {
          least = left;
          left = left->next;
          lefts--;
        } else {
          least = right;
          right = right->next;
          rights--;
        }
        if (tail) tail->next = least;
        else list = least;
        tail = least;
      }
      at = right;
    }
    tail->next = 0;
    if (merges <= 1) return list;
  }
}

uint32_t KERNEL(uint32_t rounds) {
  uint32_t seed = 7, sum = 0;
  for (uint32_t round = 0; round < rounds; round++) {
    for (uint32_t i = 0; i < NODES; i++) {
      nodes[i].key = (int32_t)next(&seed) >> 8;
      nodes[i].tag = i;
      nodes[i].next = i + 1 < NODES ? &nodes[i + 1] : 0;
    }
    for (struct node *at = sort(nodes); at; at = at->next) sum = mix(sum, at->key + at->tag);
  }
  return sum;
}
