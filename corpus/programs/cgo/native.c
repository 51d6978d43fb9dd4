#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "_cgo_export.h"
#include "native.h"

static int *nowhere;

__attribute__((noinline)) static int deeper(int depth, double scale)
{
	int n = goCallback(depth, scale);
	return n + depth;
}

int call_back(int depth, double scale)
{
	return deeper(depth, scale) + 1;
}

__attribute__((noinline)) static int load(int *p, int index)
{
	return p[index];
}

int read_null(int index)
{
	return load(nowhere, index) + 1;
}

void give_up(void)
{
	abort();
}

void sleep_long(int seconds)
{
	sleep(seconds);
}

static void *idle(void *arg)
{
	sleep(3600);
	return arg;
}

void start_threads(int count)
{
	for (int i = 0; i < count; i++) {
		pthread_t t;
		pthread_create(&t, NULL, idle, NULL);
	}
}

static void *enter_go(void *arg)
{
	goFromThread(arg);
	return NULL;
}

void call_from_thread(int value)
{
	static int kept;
	pthread_t t;
	kept = value;
	pthread_create(&t, NULL, enter_go, &kept);
}

struct record *new_record(int id)
{
	struct record *r = calloc(1, sizeof *r);
	r->id = id;
	return r;
}
