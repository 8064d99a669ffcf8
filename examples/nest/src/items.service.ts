import { ConflictException, Injectable } from '@nestjs/common'

export class OutOfStockException extends ConflictException {}

@Injectable()
export class ItemsService {
  find(item: string) {
    return { item }
  }

  order() {
    throw new OutOfStockException('Nothing is left.')
  }
}
