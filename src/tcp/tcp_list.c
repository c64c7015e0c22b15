/* SPDX-License-Identifier: MIT */
#include "tcp/tcp_internal.h"

static struct tcp_link *link_at(struct tcp_chain ch, uint32_t i)
{
	return (struct tcp_link *)(void *)((uint8_t *)ch.items + (size_t)i * ch.stride + ch.offset);
}

void tcp_list_init(struct tcp_list *l)
{
	l->head = l->tail = HF_NONE;
}

void tcp_list_push(struct tcp_chain ch, struct tcp_list *l, uint32_t i)
{
	struct tcp_link *k = link_at(ch, i);

	k->next = HF_NONE;
	k->prev = l->tail;
	if (l->tail == HF_NONE)
		l->head = i;
	else
		link_at(ch, l->tail)->next = i;
	l->tail = i;
}

void tcp_list_remove(struct tcp_chain ch, struct tcp_list *l, uint32_t i)
{
	struct tcp_link *k = link_at(ch, i);

	if (k->prev == HF_NONE) {
		HF_ASSERT(l->head == i);
		l->head = k->next;
	} else {
		link_at(ch, k->prev)->next = k->next;
	}
	if (k->next == HF_NONE) {
		HF_ASSERT(l->tail == i);
		l->tail = k->prev;
	} else {
		link_at(ch, k->next)->prev = k->prev;
	}
	k->next = k->prev = HF_NONE;
}

uint32_t tcp_list_pop(struct tcp_chain ch, struct tcp_list *l)
{
	uint32_t i = l->head;

	if (i != HF_NONE)
		tcp_list_remove(ch, l, i);
	return i;
}

void tcp_list_join(struct tcp_chain ch, struct tcp_list *to, struct tcp_list *from)
{
	if (from->head == HF_NONE)
		return;
	if (to->tail == HF_NONE) {
		to->head = from->head;
	} else {
		link_at(ch, to->tail)->next = from->head;
		link_at(ch, from->head)->prev = to->tail;
	}
	to->tail = from->tail;
	tcp_list_init(from);
}
