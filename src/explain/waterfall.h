/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_WATERFALL_H
#define HF_EXPLAIN_WATERFALL_H

#include "explain/look.h"
#include "explain/report.h"
#include "explain/text.h"

#define WATERFALL_ROWS 40u

/*
 * A row a resource, in the order in which they became known, and its time as a bar:
 *
 *	  name               kind   status   size    time  0ms                100ms
 *	  /                  doc       200  4.2 kB  122ms  ddcccttttswwwwr
 *	  /style.css         style     200    612 B   41ms                 bwwwr
 *	! /missing.png       image     404      9 B   41ms                 bwwwr
 *	    E-HTTP-404: the server has nothing under this URL
 *
 * The letters are those of the phases (blocked, dns, connect, tls, send, wait, receive); with look->colour they stand on the
 * colours that browsers' network panels use. Beyond WATERFALL_ROWS only the failed and the slowest are shown, unless look->all.
 */
void waterfall_draw(struct text *out, const struct report *r, const struct look *look);

/* Requests, octets, connections, lookups, times, each kind, a limit that was met: a few lines. */
void waterfall_totals(struct text *out, const struct report *r, const struct look *look);

#endif
